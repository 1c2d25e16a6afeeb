// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <new>
#include <string_view>
#include <thread>

#include "base/log.h"

namespace trireme {

// What happens where the system gives no more memory: who asks for much is refused, who has to go on goes on.
//
// Whoever cannot do without lets std::bad_alloc travel to whoever can: the one that owes an answer (a reply that is
// dropped on the way says what happened), a thread that has another round, or the end of the process.

// Keeps some of the address space back, if none is kept. Whatever is refused memory gives that back first
// (UseSpareMemory, from the process's new-handler): so a large wish fails, and what is small goes on: a line of the
// log, an answer. Thread-safe, as the next one.
void KeepSpareMemory();
// False: there is none.
bool UseSpareMemory();

// Says that memory was short for `what`, if there is enough for that, and waits a moment in which others may give some
// back. Never throws.
void SayOutOfMemory(std::string_view what, const Logger& log);

// What a request is told that ends for want of memory.
inline constexpr std::string_view kNoMemory = "the system gives no more memory for this request; try again later";

// A step that takes next to nothing and must not be left out: where there is not even that, it is tried again a moment
// later, for a second. Never throws.
template <typename Step>
void AfterSomeTries(const Step& step) {
  for (int tries = 0; tries < 100; ++tries) {
    try {
      return step();
    } catch (const std::bad_alloc&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

// One round of a thread that has to go on, whatever happens. False: there was too little memory for it, which is in
// the log by now; the next round is to do what this one did not.
template <typename Round>
bool Survives(std::string_view what, const Logger& log, const Round& round) {
  try {
    round();
    return true;
  } catch (const std::bad_alloc&) {
    SayOutOfMemory(what, log);
    return false;
  }
}

}  // namespace trireme
