// SPDX-License-Identifier: Apache-2.0
#include "engine/picture_memory.h"

#include <utility>

namespace trireme {

Tensor PictureMemory::Keep(Tensor tensor) {
  const size_t bytes = tensor.data.size();
  // What keeps the memory gives its share back with it. It has it from the beginning: without memory for the pointer
  // itself, this is called as well.
  const auto give_back = [count = count_, memory = tensor.data.keep_alive(), bytes](const void*) mutable {
    memory.reset();
    count->fetch_sub(bytes, std::memory_order_relaxed);
  };
  count_->fetch_add(bytes, std::memory_order_relaxed);
  const std::shared_ptr<const void> kept(tensor.data.data(), give_back);
  tensor.data = Buffer::View(tensor.data.data(), bytes, kept);
  return tensor;
}

}  // namespace trireme
