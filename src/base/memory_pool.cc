// SPDX-License-Identifier: Apache-2.0
#include "base/memory_pool.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>

#include "base/check.h"

namespace trireme {
namespace {

constexpr size_t kSmallestShift = 12;
constexpr size_t kLargestShift = 26;
constexpr size_t kClasses = kLargestShift - kSmallestShift + 1;

size_t ClassOf(size_t bytes) {
  const size_t shift = bytes <= (size_t{1} << kSmallestShift) ? kSmallestShift : std::bit_width(bytes - 1);
  return shift - kSmallestShift;
}

std::byte* Allocate(size_t bytes) {
  return static_cast<std::byte*>(::operator new(bytes, std::align_val_t(MemoryPool::kAlignment)));
}

void Free(std::byte* data) {
  ::operator delete(data, std::align_val_t(MemoryPool::kAlignment));
}

}  // namespace

// The idle blocks of each class.
class MemoryPool::Shelf {
 public:
  explicit Shelf(Options options) : options_(options) {}
  ~Shelf() {
    Trim();
    Trim();  // nobody has taken anything since
  }
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  std::byte* Take(size_t size_class) {
    {
      const MutexLock lock(mutex_);
      std::vector<std::byte*>& idle = idle_[size_class];
      if (!idle.empty()) {
        std::byte* data = idle.back();
        idle.pop_back();
        least_[size_class] = std::min(least_[size_class], idle.size());
        idle_bytes_ -= size_t{1} << (size_class + kSmallestShift);
        return data;
      }
    }
    return Allocate(size_t{1} << (size_class + kSmallestShift));
  }

  void Return(std::byte* data, size_t size_class) {
    {
      const MutexLock lock(mutex_);
      const size_t bytes = size_t{1} << (size_class + kSmallestShift);
      if (idle_bytes_ + bytes <= options_.max_idle_bytes) {
        idle_bytes_ += bytes;
        idle_[size_class].push_back(data);
        return;
      }
    }
    Free(data);
  }

  // Blocks are taken from the end: as many as there were at the least have lain at the beginning all the time.
  void Trim() {
    std::vector<std::byte*> unused;
    {
      const MutexLock lock(mutex_);
      for (size_t i = 0; i < kClasses; ++i) {
        const auto end = idle_[i].begin() + static_cast<std::ptrdiff_t>(least_[i]);
        unused.insert(unused.end(), idle_[i].begin(), end);
        idle_[i].erase(idle_[i].begin(), end);
        idle_bytes_ -= least_[i] << (i + kSmallestShift);
        least_[i] = idle_[i].size();
      }
    }
    for (std::byte* data : unused) Free(data);
  }

  size_t idle_bytes() const {
    const MutexLock lock(mutex_);
    return idle_bytes_;
  }

 private:
  const Options options_;
  mutable Mutex mutex_;
  std::array<std::vector<std::byte*>, kClasses> idle_ GUARDED_BY(mutex_);
  std::array<size_t, kClasses> least_ GUARDED_BY(mutex_) = {};  // blocks that were idle, since the last Trim()
  size_t idle_bytes_ GUARDED_BY(mutex_) = 0;
};

MemoryPool::MemoryPool(Options options) : shelf_(std::make_shared<Shelf>(options)) {}

MemoryPool::Block MemoryPool::Take(size_t bytes) {
  if (bytes > (size_t{1} << kLargestShift)) {
    return {.data = std::shared_ptr<std::byte>(Allocate(bytes), Free), .capacity = bytes};
  }
  const size_t size_class = ClassOf(bytes);
  auto give_back = [shelf = shelf_, size_class](std::byte* data) { shelf->Return(data, size_class); };
  return {.data = std::shared_ptr<std::byte>(shelf_->Take(size_class), std::move(give_back)),
          .capacity = size_t{1} << (size_class + kSmallestShift)};
}

void MemoryPool::Trim() {
  shelf_->Trim();
}

size_t MemoryPool::idle_bytes() const {
  return shelf_->idle_bytes();
}

}  // namespace trireme
