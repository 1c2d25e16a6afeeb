// SPDX-License-Identifier: Apache-2.0
#include "base/load_memory.h"

#include <jemalloc/jemalloc.h>
#include <unistd.h>

#include <cstddef>
#include <limits>
#include <string>

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

void MakeFiguresThoseOfNow() {
  uint64_t epoch = 1;  // any: what counts is that it is written
  (void)mallctl("epoch", nullptr, nullptr, &epoch, sizeof(epoch));
}

std::optional<unsigned> MakeLoadArena() {
  const std::optional<unsigned> arena = Read<unsigned>("arenas.create");
  if (!arena) return arena;
  // Large blocks are kept too, until somebody gives them back.
  size_t never = std::numeric_limits<size_t>::max();
  const std::string name = "arena." + std::to_string(*arena) + ".oversize_threshold";
  (void)mallctl(name.c_str(), nullptr, nullptr, &never, sizeof(never));
  return arena;
}

// Made once, by the first thread that loads.
std::optional<unsigned> LoadArena() {
  static const std::optional<unsigned> arena = MakeLoadArena();
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

void UseLoadMemory() {
  std::optional<unsigned> arena = LoadArena();
  if (!arena) return;
  // What cannot be moved stays where it is, and goes back a few seconds later than it could.
  (void)mallctl("thread.arena", nullptr, nullptr, &*arena, sizeof(*arena));
}

std::optional<int64_t> AllocatedByThisThread() {
  const auto allocated = Read<uint64_t>("thread.allocated");
  const auto freed = Read<uint64_t>("thread.deallocated");
  if (!allocated || !freed) return std::nullopt;
  return static_cast<int64_t>(*allocated - *freed);
}

std::optional<uint64_t> AllocatedByProcess() {
  if (mallctl == nullptr) return std::nullopt;
  MakeFiguresThoseOfNow();
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

uint64_t KeptLoadMemory() {
  const std::optional<unsigned> arena = LoadArena();
  if (!arena) return 0;
  MakeFiguresThoseOfNow();
  const std::string name = "stats.arenas." + std::to_string(*arena) + ".pdirty";
  return uint64_t{Read<size_t>(name.c_str()).value_or(0)} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace trireme
