// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "base/clock.h"

namespace trireme::metrics {

// What the server counts while it works. All are thread-safe and lock-free; every atomic here is a lone number that
// orders nothing. Writers on different processors write different cache lines, a reader adds the lines up: an update
// costs a few nanoseconds however many threads make it, and a sum read meanwhile is right up to the updates in flight.
inline constexpr size_t kShards = 4;  // a power of two; more processors than this share lines now and then

// The lines of whoever runs here now. Where one event is counted in several places it is asked for once.
size_t ThisShard();

// Only grows.
class Counter {
 public:
  void Add(uint64_t amount = 1) { Add(amount, ThisShard()); }
  void Add(uint64_t amount, size_t shard);
  uint64_t value() const;

 private:
  struct alignas(64) Cell {
    std::atomic<uint64_t> value = 0;
  };
  std::array<Cell, kShards> cells_;
};

// Goes up and down.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<double> value_ = 0;
};

// Where a histogram's buckets end (each bound belongs to its bucket; one more bucket takes the rest), and what an
// observed 1 is worth in the unit of the exposition.
struct Buckets {
  std::vector<int64_t> bounds;  // rising, at least one
  double unit = 1;

  // Durations, shown in seconds.
  static Buckets Seconds(std::initializer_list<Duration> bounds);
  static Buckets Counts(std::initializer_list<int64_t> bounds);

  bool operator==(const Buckets&) const = default;
};

class Histogram {
 public:
  explicit Histogram(Buckets buckets);

  // A number in the buckets' own unit; below zero counts as zero.
  void Observe(int64_t value) { Observe(value, ThisShard()); }
  void Observe(int64_t value, size_t shard);
  // For buckets made by Seconds().
  void Observe(Duration duration) { Observe(duration.count()); }
  void Observe(Duration duration, size_t shard) { Observe(duration.count(), shard); }

  struct Reading {
    std::vector<uint64_t> counts;  // of each bucket alone, the rest last
    uint64_t count = 0;            // of all
    double sum = 0;                // in the unit of the exposition
  };
  Reading Read() const;

  const Buckets& buckets() const { return buckets_; }

 private:
  struct alignas(64) Line {
    std::array<std::atomic<uint64_t>, 8> cells{};
  };
  static constexpr size_t kCellsPerLine = 8;

  const std::atomic<uint64_t>& Cell(size_t shard, size_t index) const {
    return lines_[shard * lines_per_shard_ + index / kCellsPerLine].cells[index % kCellsPerLine];
  }
  std::atomic<uint64_t>& Cell(size_t shard, size_t index) {
    return lines_[shard * lines_per_shard_ + index / kCellsPerLine].cells[index % kCellsPerLine];
  }

  const Buckets buckets_;
  const size_t lines_per_shard_;
  std::vector<Line> lines_;  // a shard: the sum, then the buckets
};

}  // namespace trireme::metrics
