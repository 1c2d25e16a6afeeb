// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "tensor/shape.h"
#include "tensor/tensor.h"

namespace trireme {

// The shapes of a run's inputs, in the order of the signature, as the model itself takes them, rows included. An
// optional input that was left out has rank 0.
using InputShapes = std::vector<Shape>;

// Which shapes a model was run with lately: the most frequent few, so that its successor can be warmed up with them.
// Old runs weigh less and less: all counts are halved whenever one has become large.
//
// Thread-safe. Counting a shape that is known takes no lock. Counts are estimates: two threads that count at the same
// time may count one run.
class ShapeBook {
 public:
  static constexpr size_t kPlaces = 16;

  // A run that succeeded.
  void Note(std::span<const Tensor> inputs);

  // Those of at least one in a hundred runs, the most frequent first.
  std::vector<InputShapes> InUse() const;

 private:
  struct Place {
    std::atomic<uint64_t> hash = 0;  // of `shapes`; 0: free. Places fill up from the first one.
    std::atomic<uint32_t> runs = 0;
    InputShapes shapes;  // guarded by the book's mutex
  };

  void Admit(uint64_t hash, std::span<const Tensor> inputs);
  Place& Least();
  void Halve();

  // What is atomic is an estimate, and orders nothing.
  std::array<Place, kPlaces> places_;
  std::atomic<uint32_t> misses_ = 0;  // runs of shapes that had no place
  mutable Mutex mutex_;
};

}  // namespace trireme
