// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/memory_pool.h"
#include "base/status.h"
#include "tensor/tensor.h"

namespace trireme {

// What the pictures of all requests together may be decoded into.
//
// A tensor's memory counts until the last who views it has let go, which may be after this has gone. Thread-safe.
class PictureMemory {
 public:
  explicit PictureMemory(uint64_t max_bytes);

  // A tensor of fresh elements from the pool; the shape must have a byte size. kOverloaded: others hold what is there.
  // kTooLarge: it would not fit if it were alone.
  Result<Tensor> Take(MemoryPool& pool, DataType type, const Shape& shape);

  uint64_t max_bytes() const { return max_bytes_; }
  uint64_t used_bytes() const;

 private:
  class Count;

  const uint64_t max_bytes_;
  const std::shared_ptr<Count> count_;  // shared with the tensors that are out
};

}  // namespace trireme
