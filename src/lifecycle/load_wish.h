// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace trireme {

// What the one who loads a model from outside of the repositories wants of it, whatever its own config says. Zero: as
// its config has it, else as is found out.
struct LoadWish {
  int instances = 0;
  int64_t max_rows = 0;
  std::chrono::microseconds max_delay{0};
  // Whether it takes the place of one of that name that was loaded in the same way: as soon as it is ready, and only
  // then; if there is none, it is kNotFound. Else that one is kAlreadyExists.
  bool replaces = false;
};

}  // namespace trireme
