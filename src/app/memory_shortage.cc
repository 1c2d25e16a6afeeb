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
#include <system_error>

#include "app/options.h"
#include "base/load_memory.h"
#include "base/out_of_memory.h"

namespace trireme {
namespace {

// Of the process, as the handlers are.
std::atomic<bool> starting = false;
pthread_t main_thread;

constexpr const char* kShortage = "the system gives no more memory";

// With no memory but what is there.
void Say(const char* reason) {
  std::array<char, 512> text{};
  rlimit limit{};
  const bool is_limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  int length = std::snprintf(text.data(), text.size(), "trireme: cannot go on: %.200s", reason);
  if (is_limited) {
    length += std::snprintf(text.data() + length, text.size() - static_cast<size_t>(length),
                            "; the process may have %llu MiB of address space (ulimit -v, prlimit --as)",
                            static_cast<unsigned long long>(limit.rlim_cur) >> 20);
  }
  text[static_cast<size_t>(length)] = '\n';
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), static_cast<size_t>(length) + 1);
}

[[noreturn]] void End(const char* reason) {
  Say(reason);
  std::_Exit(kExitFailure);
}

// Where memory is refused (operator new).
void OnShortage() {
  if (UseSpareMemory()) return;  // it is tried again
  if (starting && pthread_equal(pthread_self(), main_thread) != 0) End(kShortage);
  throw std::bad_alloc();
}

// Where an exception has nobody who takes it.
void OnTerminate() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
    if (starting) End("it could not be begun");
  } catch (const std::bad_alloc&) {
    if (starting) End(kShortage);
    Say(kShortage);
  } catch (const std::system_error& error) {
    std::array<char, 128> reason{};  // a thread that cannot be had, mostly
    std::snprintf(reason.data(), reason.size(), "the system gives no more memory or threads: %s", error.what());
    if (starting) End(reason.data());
    Say(reason.data());
  } catch (const std::exception& exception) {
    Say(exception.what());
  } catch (...) {
    Say("an exception that has no name");
  }
  std::abort();
}

}  // namespace

void EndWithoutMemory() {
  main_thread = pthread_self();
  starting = true;
  std::set_new_handler(OnShortage);
  std::set_terminate(OnTerminate);
  rlimit limit{};
  const bool is_limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  if (is_limited && !MakeArenas()) End(kShortage);
  KeepSpareMemory();
}

void StartIsOver() {
  starting = false;
  KeepSpareMemory();
}

}  // namespace trireme
