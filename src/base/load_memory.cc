// SPDX-License-Identifier: Apache-2.0
#include "base/load_memory.h"

#include <jemalloc/jemalloc.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <string>

#include "base/mutex.h"

// Nobody but the server's own program links jemalloc.
extern "C" __attribute__((weak)) decltype(mallctl) mallctl;

namespace trireme {
namespace {

template <typename T>
std::optional<T> Read(const char* name) {
  T value{};
  size_t bytes = sizeof(value);
  if (mallctl == nullptr || mallctl(name, &value, &bytes, nullptr, 0) != 0) return std::nullopt;
  return value;
}

// The arena's pieces of address space, and whether they shall come in huge pages. jemalloc asks for them in its own
// calls: nothing here may allocate.
class HugePages {
 public:
  void Add(void* address, size_t bytes) {
    const MutexLock lock(mutex_);
    madvise(address, bytes, loading_ > 0 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    if (count_ < pieces_.size()) pieces_[count_++] = {address, bytes};
  }

  void Begin() {
    const MutexLock lock(mutex_);
    if (loading_++ == 0) Advise(MADV_HUGEPAGE);
  }

  void End() {
    const MutexLock lock(mutex_);
    if (--loading_ == 0) Advise(MADV_NOHUGEPAGE);
  }

 private:
  struct Piece {
    void* address = nullptr;
    size_t bytes = 0;
  };

  // A system that has no huge pages refuses, and has others.
  void Advise(int advice) REQUIRES(mutex_) {
    for (size_t i = 0; i < count_; ++i) madvise(pieces_[i].address, pieces_[i].bytes, advice);
  }

  Mutex mutex_;
  int loading_ GUARDED_BY(mutex_) = 0;
  // jemalloc asks for larger and larger ones, and keeps them: a terabyte is some hundred. The others stay as they came.
  std::array<Piece, 1024> pieces_ GUARDED_BY(mutex_);
  size_t count_ GUARDED_BY(mutex_) = 0;
};

HugePages& LoadPages() {
  static HugePages pages;
  return pages;
}

// jemalloc's own hooks, of its first arena.
extent_hooks_t* OwnHooks() {
  static extent_hooks_t* const hooks = Read<extent_hooks_t*>("arena.0.extent_hooks").value_or(nullptr);
  return hooks;
}

// As extent_alloc_t of jemalloc(3).
void* TakeAddresses(extent_hooks_t*, void* address, size_t bytes, size_t alignment, bool* zero, bool* commit,
                    unsigned arena) {
  void* taken = OwnHooks()->alloc(OwnHooks(), address, bytes, alignment, zero, commit, arena);
  if (taken != nullptr) LoadPages().Add(taken, bytes);
  return taken;
}

std::optional<unsigned> MakeArena() {
  if (mallctl == nullptr || OwnHooks() == nullptr) return std::nullopt;
  static extent_hooks_t hooks = *OwnHooks();
  hooks.alloc = TakeAddresses;
  extent_hooks_t* wanted = &hooks;
  unsigned arena = 0;
  size_t bytes = sizeof(arena);
  if (mallctl("arenas.create", &arena, &bytes, &wanted, sizeof(wanted)) != 0) return std::nullopt;
  return arena;
}

// Made once, by the first thread that loads.
std::optional<unsigned> LoadArena() {
  static const std::optional<unsigned> arena = MakeArena();
  return arena;
}

}  // namespace

bool MakeArenas() {
  const auto own = Read<unsigned>("thread.arena");
  const auto arenas = Read<unsigned>("opt.narenas");
  if (!own || !arenas) return true;
  bool made = true;
  for (unsigned i = 0; i < *arenas; ++i) {
    made = mallctl("thread.arena", nullptr, nullptr, &i, sizeof(i)) == 0 && made;
  }
  unsigned back = *own;
  (void)mallctl("thread.arena", nullptr, nullptr, &back, sizeof(back));
  return made;
}

LoadMemory::LoadMemory() {
  LoadPages().Begin();
  std::optional<unsigned> arena = LoadArena();
  if (!arena) return;
  // What cannot be moved stays where it is, and goes back a few seconds later than it could.
  (void)mallctl("thread.arena", nullptr, nullptr, &*arena, sizeof(*arena));
}

LoadMemory::~LoadMemory() {
  LoadPages().End();
}

std::optional<int64_t> AllocatedByThisThread() {
  const auto allocated = Read<uint64_t>("thread.allocated");
  const auto freed = Read<uint64_t>("thread.deallocated");
  if (!allocated || !freed) return std::nullopt;
  return static_cast<int64_t>(*allocated - *freed);
}

std::optional<uint64_t> AllocatedByProcess() {
  if (mallctl == nullptr) return std::nullopt;
  uint64_t epoch = 1;  // any: to write it makes the figures those of now
  (void)mallctl("epoch", nullptr, nullptr, &epoch, sizeof(epoch));
  const auto bytes = Read<size_t>("stats.allocated");
  return bytes ? std::optional<uint64_t>(*bytes) : std::nullopt;
}

void GiveBackLoadMemory() {
  const std::optional<unsigned> arena = LoadArena();
  if (!arena) return;
  // What this thread keeps at hand of it goes first.
  (void)mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  (void)mallctl(("arena." + std::to_string(*arena) + ".purge").c_str(), nullptr, nullptr, nullptr, 0);
}

}  // namespace trireme
