// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace trireme {

// What the one who loads a model from outside of the repositories wants of it, whatever its own config says. Zero: as
// its config has it, else as is found out.
struct LoadWish {
  int instances = 0;
  int64_t max_rows = 0;
  std::chrono::microseconds max_delay{0};
  size_t max_waiting_requests = 0;
  std::chrono::milliseconds load_timeout{0};  // no longer than the server's own
  // The handler of a TorchServe archive, instead of the one that its manifest names; of nothing else.
  std::string mar_handler = {};
  // From here on messages say where it lies; empty: from the folder that it lies in.
  std::filesystem::path root = {};
  // Whether it takes the place of one of that name that was loaded in the same way: as soon as it is ready, and only
  // then; if there is none, it is kNotFound. Else that one is kAlreadyExists.
  bool replaces = false;
};

}  // namespace trireme
