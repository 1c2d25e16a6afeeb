// SPDX-License-Identifier: Apache-2.0
#include "base/load_memory.h"

#include <cstddef>
#include <string>

// Nobody but the server's own program links jemalloc.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old_value, size_t* old_bytes, void* new_value,
                                             size_t new_bytes);

namespace trireme {
namespace {

template <typename T>
std::optional<T> Read(const char* name) {
  T value{};
  size_t bytes = sizeof(value);
  if (mallctl == nullptr || mallctl(name, &value, &bytes, nullptr, 0) != 0) return std::nullopt;
  return value;
}

// Made once, by the first thread that loads.
std::optional<unsigned> LoadArena() {
  static const std::optional<unsigned> arena = Read<unsigned>("arenas.create");
  return arena;
}

}  // namespace

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
