// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace trireme::net {

// Bytes of large bodies and answers that all connections together may hold. Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(uint64_t max_bytes) : max_bytes_(max_bytes) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  // One connection's share; gives it back when destroyed. Used on one thread.
  class Share {
   public:
    explicit Share(ByteBudget& budget) : budget_(budget) {}
    ~Share() { Release(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // False if the budget has not as much left: nothing was taken.
    bool Take(uint64_t bytes) {
      if (!budget_.TryTake(bytes)) return false;
      taken_ += bytes;
      return true;
    }
    // Makes the share that large, if it is smaller.
    bool Cover(uint64_t bytes) { return bytes <= taken_ || Take(bytes - taken_); }
    void Release() { budget_.used_.fetch_sub(std::exchange(taken_, 0), std::memory_order_relaxed); }

   private:
    ByteBudget& budget_;
    uint64_t taken_ = 0;
  };

  uint64_t max_bytes() const { return max_bytes_; }
  uint64_t used_bytes() const { return used_.load(std::memory_order_relaxed); }

 private:
  bool TryTake(uint64_t bytes) {
    uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > max_bytes_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }

  const uint64_t max_bytes_;
  std::atomic<uint64_t> used_ = 0;  // a lone counter, never above max_bytes_
};

}  // namespace trireme::net
