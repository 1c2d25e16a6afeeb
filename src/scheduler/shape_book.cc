// SPDX-License-Identifier: Apache-2.0
#include "scheduler/shape_book.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace trireme {
namespace {

constexpr uint32_t kManyRuns = 4096;

// A model whose every request has another shape must not take the lock for each.
constexpr uint32_t kMissesForAPlace = 8;

constexpr uint64_t kShareInUse = 100;

// Not zero. Two shapes with the same hash count as one.
uint64_t HashOf(std::span<const Tensor> inputs) {
  constexpr uint64_t kPrime = 0xD6E8FEB86659FD93;
  uint64_t hash = kPrime;
  for (const Tensor& input : inputs) {
    hash = (hash ^ input.shape.rank()) * kPrime;
    for (const int64_t dim : input.shape) hash = (hash ^ static_cast<uint64_t>(dim)) * kPrime;
  }
  return (hash ^ (hash >> 32)) | 1;
}

// Without an instruction that other processors would wait for.
uint32_t AddOne(std::atomic<uint32_t>& count) {
  const uint32_t now = count.load(std::memory_order_relaxed) + 1;
  count.store(now, std::memory_order_relaxed);
  return now;
}

void HalveOne(std::atomic<uint32_t>& count) {
  count.store(count.load(std::memory_order_relaxed) / 2, std::memory_order_relaxed);
}

}  // namespace

void ShapeBook::Note(std::span<const Tensor> inputs) {
  const uint64_t hash = HashOf(inputs);
  for (Place& place : places_) {
    const uint64_t here = place.hash.load(std::memory_order_relaxed);
    if (here == hash) {
      if (AddOne(place.runs) >= kManyRuns) Halve();
      return;
    }
    if (here == 0) break;
  }
  Admit(hash, inputs);
}

// While all places are taken, not every miss gets one.
void ShapeBook::Admit(uint64_t hash, std::span<const Tensor> inputs) {
  if (places_.back().hash.load(std::memory_order_relaxed) != 0) {
    const uint32_t misses = AddOne(misses_);
    if (misses >= kManyRuns) Halve();
    if (misses % kMissesForAPlace != 0) return;
  }
  InputShapes shapes;
  shapes.reserve(inputs.size());
  for (const Tensor& input : inputs) shapes.push_back(input.shape);
  const MutexLock lock(mutex_);
  for (const Place& place : places_) {
    if (place.hash.load(std::memory_order_relaxed) == hash) return;  // another thread was first
  }
  Place& place = Least();
  place.shapes.swap(shapes);
  place.runs.store(1, std::memory_order_relaxed);
  place.hash.store(hash, std::memory_order_relaxed);
}

// Under the lock.
ShapeBook::Place& ShapeBook::Least() {
  Place* least = &places_.front();
  for (Place& place : places_) {
    if (place.hash.load(std::memory_order_relaxed) == 0) return place;
    if (place.runs.load(std::memory_order_relaxed) < least->runs.load(std::memory_order_relaxed)) least = &place;
  }
  return *least;
}

void ShapeBook::Halve() {
  for (Place& place : places_) HalveOne(place.runs);
  HalveOne(misses_);
}

std::vector<InputShapes> ShapeBook::InUse() const {
  std::vector<std::pair<uint64_t, InputShapes>> used;
  uint64_t all = misses_.load(std::memory_order_relaxed);
  {
    const MutexLock lock(mutex_);
    for (const Place& place : places_) {
      const uint64_t runs = place.runs.load(std::memory_order_relaxed);
      if (runs > 0) used.emplace_back(runs, place.shapes);
      all += runs;
    }
  }
  std::erase_if(used, [&](const auto& one) { return one.first * kShareInUse < all; });
  std::ranges::stable_sort(used, std::greater<>(), [](const auto& one) { return one.first; });
  std::vector<InputShapes> shapes;
  shapes.reserve(used.size());
  for (auto& [runs, one] : used) shapes.push_back(std::move(one));
  return shapes;
}

}  // namespace trireme
