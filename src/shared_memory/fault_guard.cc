// SPDX-License-Identifier: Apache-2.0
#include "shared_memory/fault_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>

#include "base/check.h"

namespace trireme {
namespace {

struct Slot {
  // A signal handler reads them, so they are lock-free; a slot is taken by setting `begin`, and `end` makes it valid.
  std::atomic<bool> taken = false;
  std::atomic<uintptr_t> begin = 0;
  std::atomic<uintptr_t> end = 0;
};
static_assert(std::atomic<uintptr_t>::is_always_lock_free);

// A signal has one handler in a process, and the handler can be handed nothing: the table must be found by name.
std::array<Slot, GuardedRange::kMaxRanges> slots;
struct sigaction previous;
uintptr_t page_bytes = 0;

bool IsGuarded(uintptr_t address) {
  for (const Slot& slot : slots) {
    if (address < slot.end.load(std::memory_order_acquire) && address >= slot.begin.load(std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

// Runs inside the instruction that touched the page. Calls nothing but the system.
void OnBusError(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  if (IsGuarded(address)) {
    void* const page = reinterpret_cast<void*>(address & ~(page_bytes - 1));
    void* const zeros = mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    errno = saved_errno;
    if (zeros == page) return;
  }
  // Not ours: what would have happened without us. Without another handler the touch faults again, and ends us.
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(number, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(number);
  } else {
    signal(SIGBUS, SIG_DFL);
  }
}

bool InstallHandler() {
  page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGBUS, &action, &previous) == 0;
}

}  // namespace

GuardedRange::GuardedRange(const void* begin, size_t bytes) {
  static const bool installed = InstallHandler();
  CHECK(installed);
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].taken.exchange(true, std::memory_order_acquire)) continue;
    const auto first = reinterpret_cast<uintptr_t>(begin);
    slots[i].begin.store(first, std::memory_order_relaxed);
    slots[i].end.store(first + bytes, std::memory_order_release);
    slot_ = i;
    return;
  }
}

GuardedRange::~GuardedRange() {
  if (!guarded()) return;
  slots[slot_].end.store(0, std::memory_order_release);
  slots[slot_].taken.store(false, std::memory_order_release);
}

}  // namespace trireme
