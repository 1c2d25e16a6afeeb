// SPDX-License-Identifier: Apache-2.0
#include "bench/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trireme::bench {
namespace {

constexpr int kBits = 7;  // of a value that are kept behind its leading one
constexpr uint64_t kPerOctave = uint64_t{1} << kBits;
constexpr int kOctaves = 33;  // above the exact ones
constexpr uint64_t kMost = (uint64_t{1} << (kBits + kOctaves)) - 1;
constexpr size_t kBuckets = (kOctaves + 1) * kPerOctave;

// Below 2 * kPerOctave a bucket is one nanosecond wide; from there its width doubles with each octave.
size_t IndexOf(uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
  return static_cast<size_t>(shift) * kPerOctave + (value >> shift);
}

uint64_t MiddleOf(size_t index) {
  if (index < 2 * kPerOctave) return index;
  const size_t shift = index / kPerOctave - 1;
  const uint64_t begin = (index - shift * kPerOctave) << shift;
  return begin + (uint64_t{1} << shift) / 2;
}

}  // namespace

LatencyHistogram::LatencyHistogram() : counts_(kBuckets) {}

void LatencyHistogram::Record(Duration latency) {
  const auto value = static_cast<uint64_t>(std::max<int64_t>(latency.count(), 0));
  ++counts_[IndexOf(std::min(value, kMost))];
  ++count_;
  max_ = std::max(max_, latency);
}

void LatencyHistogram::Add(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

Duration LatencyHistogram::Quantile(double share) const {
  if (count_ == 0) return Duration(0);
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const uint64_t rank = std::clamp<uint64_t>(static_cast<uint64_t>(wanted), 1, count_);
  uint64_t passed = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    passed += counts_[i];
    if (passed >= rank) return std::min(Duration(MiddleOf(i)), max_);
  }
  return max_;
}

uint64_t LatencyHistogram::CountAbove(Duration bound) const {
  if (bound >= max_) return 0;
  if (bound < Duration(0)) return count_;
  const size_t last = IndexOf(std::min(static_cast<uint64_t>(bound.count()), kMost));
  uint64_t above = 0;
  for (size_t i = last + 1; i < kBuckets; ++i) above += counts_[i];
  return above;
}

}  // namespace trireme::bench
