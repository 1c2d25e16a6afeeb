// SPDX-License-Identifier: Apache-2.0
#include "base/out_of_memory.h"

#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

namespace trireme {
namespace {

constexpr size_t kSpareBytes = size_t{16} << 20;
constexpr std::chrono::milliseconds kMoment{100};

// The one thing here that all share, since there is one new-handler: who exchanges it has what was in it.
std::atomic<void*> spare = nullptr;

}  // namespace

void KeepSpareMemory() {
  if (spare.load() != nullptr) return;
  void* taken = mmap(nullptr, kSpareBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (taken == MAP_FAILED) return;
  if (void* other = spare.exchange(taken)) munmap(other, kSpareBytes);
}

bool UseSpareMemory() {
  void* given = spare.exchange(nullptr);
  return given != nullptr && munmap(given, kSpareBytes) == 0;
}

void SayOutOfMemory(std::string_view what, const Logger& log) {
  try {
    log.Error("the system gives no more memory: it will be tried again", {{"what", what}});
  } catch (const std::bad_alloc&) {
    // Not even for that.
  }
  std::this_thread::sleep_for(kMoment);
}

}  // namespace trireme
