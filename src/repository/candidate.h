// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"

namespace trireme {

// What one place in a repository would like to be: a model, or the reason why it is none.
struct Candidate {
  std::string name;
  int64_t version = 1;
  std::filesystem::path path;  // the model file, or what is wrong
  Status status;               // OK: it can be tried
  std::vector<std::string> notes;
};

}  // namespace trireme
