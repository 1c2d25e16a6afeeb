// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "tracing/trace_parent.h"
#include "tracing/tracer.h"

namespace trireme {

// Decides which requests are traced, under settings that stay as they are. Thread-safe.
class Sampler {
 public:
  explicit Sampler(const TraceSettings& settings) : settings_(settings), left_(settings.count) {}

  // Whoever sent the request may have decided already; else it is one in `rate`.
  bool Take(const std::optional<TraceParent>& parent) {
    if (!settings_.timestamps) return false;
    if (parent && !parent->sampled) return false;
    if (!parent && !IsDue()) return false;
    return TakeOneLeft();
  }

  // With what is left of its count.
  TraceSettings settings() const {
    TraceSettings now = settings_;
    now.count = left_.load(std::memory_order_relaxed);
    return now;
  }

 private:
  bool IsDue() {
    if (settings_.rate == 0) return false;
    return seen_.fetch_add(1, std::memory_order_relaxed) % settings_.rate == settings_.rate - 1;
  }

  bool TakeOneLeft() {
    int64_t left = left_.load(std::memory_order_relaxed);
    while (left > 0 && !left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {
    }
    return left != 0;  // below: without a bound
  }

  const TraceSettings settings_;
  std::atomic<uint64_t> seen_ = 0;  // lone counters
  std::atomic<int64_t> left_;
};

}  // namespace trireme
