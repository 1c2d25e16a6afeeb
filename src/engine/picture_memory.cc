// SPDX-License-Identifier: Apache-2.0
#include "engine/picture_memory.h"

#include <atomic>
#include <string>
#include <utility>

namespace trireme {

class PictureMemory::Count {
 public:
  bool Take(uint64_t bytes, uint64_t max_bytes) {
    uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > max_bytes - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void GiveBack(uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> used_ = 0;  // a lone counter, never above what it may be
};

PictureMemory::PictureMemory(uint64_t max_bytes) : max_bytes_(max_bytes), count_(std::make_shared<Count>()) {}

uint64_t PictureMemory::used_bytes() const {
  return count_->used();
}

Result<Tensor> PictureMemory::Take(MemoryPool& pool, DataType type, const Shape& shape) {
  const uint64_t bytes = ByteSize(type, shape).value();
  const std::string refused = "pictures that become " + std::to_string(bytes) + " bytes of tensor: expected at most " +
                              std::to_string(max_bytes_) +
                              " of all requests together (--max-picture-memory, or a quarter of --budget)";
  if (bytes > max_bytes_) return TooLarge(refused);
  if (!count_->Take(bytes, max_bytes_)) return Overloaded(refused + ", which others hold; try again later");
  Tensor tensor = MakeTensor(pool, type, shape);
  // What keeps the memory gives its share back with it.
  const std::shared_ptr<const void> kept(
      tensor.data.data(), [count = count_, memory = tensor.data.keep_alive(), bytes](const void*) mutable {
        memory.reset();
        count->GiveBack(bytes);
      });
  tensor.data = Buffer::View(tensor.data.data(), tensor.data.size(), kept);
  return tensor;
}

}  // namespace trireme
