// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::torch_backend {

enum class During {
  kLoad,  // what is wrong is wrong with the file
  kRun,   // the program is the same as at its first run: what it refuses is these inputs
};

// What has been thrown: to be called where it is caught, in a `catch (...)`, and nowhere else. kOutOfMemory where
// memory was lacking, kUnsupported for what this build of libtorch does not have, kInternal for its own bugs; else
// kInvalidArgument.
Status TakeException(During during);

// libtorch's text without the traces of the program and of the stack: its first line, and what it says about it.
std::string Clean(std::string_view text);

// Runs `work`, a function that calls libtorch and returns a Status or a Result: nothing is thrown further.
template <typename Work>
auto Guarded(During during, Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (...) {
    return TakeException(during);
  }
}

}  // namespace trireme::torch_backend
