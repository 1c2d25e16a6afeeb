// SPDX-License-Identifier: Apache-2.0
#include "metrics/instruments.h"

#include <sched.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/check.h"

namespace trireme::metrics {

static_assert((kShards & (kShards - 1)) == 0);

// The processor rather than the thread: as many shards as can collide at once, and nothing to remember per thread.
// glibc reads it from the thread's rseq area. A failure (-1) is a shard like any other.
size_t ThisShard() {
  return static_cast<unsigned>(sched_getcpu()) & (kShards - 1);
}

void Counter::Add(uint64_t amount, size_t shard) {
  cells_[shard].value.fetch_add(amount, std::memory_order_relaxed);
}

uint64_t Counter::value() const {
  uint64_t sum = 0;
  for (const Cell& cell : cells_) sum += cell.value.load(std::memory_order_relaxed);
  return sum;
}

Buckets Buckets::Seconds(std::initializer_list<Duration> bounds) {
  Buckets buckets{.bounds = {}, .unit = 1e-9};
  for (const Duration bound : bounds) buckets.bounds.push_back(bound.count());
  return buckets;
}

Buckets Buckets::Counts(std::initializer_list<int64_t> bounds) {
  return {.bounds = bounds, .unit = 1};
}

// One cell for the sum and one for what is over the last bound.
Histogram::Histogram(Buckets buckets)
    : buckets_(std::move(buckets)),
      lines_per_shard_((buckets_.bounds.size() + 2 + kCellsPerLine - 1) / kCellsPerLine),
      lines_(lines_per_shard_ * kShards) {
  CHECK(!buckets_.bounds.empty());
  CHECK(std::ranges::adjacent_find(buckets_.bounds, std::ranges::greater_equal()) == buckets_.bounds.end());
}

void Histogram::Observe(int64_t value, size_t shard) {
  value = std::max<int64_t>(value, 0);
  const auto bucket = std::ranges::lower_bound(buckets_.bounds, value) - buckets_.bounds.begin();
  Cell(shard, 0).fetch_add(static_cast<uint64_t>(value), std::memory_order_relaxed);
  Cell(shard, 1 + static_cast<size_t>(bucket)).fetch_add(1, std::memory_order_relaxed);
}

Histogram::Reading Histogram::Read() const {
  Reading reading;
  reading.counts.resize(buckets_.bounds.size() + 1);
  for (size_t shard = 0; shard < kShards; ++shard) {
    reading.sum += static_cast<double>(Cell(shard, 0).load(std::memory_order_relaxed));
    for (size_t bucket = 0; bucket < reading.counts.size(); ++bucket) {
      const uint64_t count = Cell(shard, 1 + bucket).load(std::memory_order_relaxed);
      reading.counts[bucket] += count;
      reading.count += count;
    }
  }
  reading.sum *= buckets_.unit;
  return reading;
}

}  // namespace trireme::metrics
