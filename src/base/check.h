// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace trireme {

// Says where and what on stderr and ends the process.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace trireme

// For what cannot happen in a correct program. What can happen is a Status.
#define CHECK(condition)                                      \
  do {                                                        \
    if (!(condition)) [[unlikely]]                            \
      ::trireme::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)
