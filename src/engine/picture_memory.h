// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "tensor/tensor.h"

namespace trireme {

// Counts the memory of tensors that were made of pictures and wait for their models, or are being run. A tensor counts
// until the last who views it has let go, which may be after this has gone. Thread-safe.
class PictureMemory {
 public:
  // The same tensor, which counts from now on.
  Tensor Keep(Tensor tensor);

  size_t bytes() const { return count_->load(std::memory_order_relaxed); }

 private:
  using Count = std::atomic<size_t>;  // alone: it orders nothing

  const std::shared_ptr<Count> count_ = std::make_shared<Count>(0);  // shared with the tensors that are out
};

}  // namespace trireme
