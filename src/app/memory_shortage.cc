// SPDX-License-Identifier: Apache-2.0
#include "app/memory_shortage.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>

#include "app/options.h"
#include "base/out_of_memory.h"

namespace trireme {
namespace {

// Of the process, as the handlers are.
std::atomic<bool> starting = false;
pthread_t main_thread;

// With no memory but what is there.
[[noreturn]] void End(const char* reason) {
  std::array<char, 512> text{};
  rlimit limit{};
  const bool is_limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  int length = std::snprintf(text.data(), text.size(), "trireme: cannot start: %.200s", reason);
  if (is_limited) {
    length += std::snprintf(text.data() + length, text.size() - static_cast<size_t>(length),
                            "; the process may have %llu MiB of address space (ulimit -v, prlimit --as)",
                            static_cast<unsigned long long>(limit.rlim_cur) >> 20);
  }
  text[static_cast<size_t>(length)] = '\n';
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), static_cast<size_t>(length) + 1);
  std::_Exit(kExitFailure);
}

// Where memory is refused (operator new).
void OnShortage() {
  if (UseSpareMemory()) return;  // it is tried again
  if (starting && pthread_equal(pthread_self(), main_thread) != 0) End("the system gives no more memory");
  throw std::bad_alloc();
}

// Where an exception has nobody who takes it.
void OnTerminate() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    if (starting) End(exception.what());
    std::fprintf(stderr, "trireme: nobody expected: %s\n", exception.what());
  } catch (...) {
  }
  std::abort();
}

}  // namespace

void EndTheStartWithoutMemory() {
  main_thread = pthread_self();
  starting = true;
  std::set_new_handler(OnShortage);
  std::set_terminate(OnTerminate);
  KeepSpareMemory();
}

void StartIsOver() {
  starting = false;
  KeepSpareMemory();
}

}  // namespace trireme
