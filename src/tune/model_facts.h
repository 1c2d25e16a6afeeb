// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/status.h"
#include "model/service_goal.h"
#include "tune/space.h"

namespace trireme::tune {

// What is known of a model before a server has loaded it.
struct ModelFacts {
  std::string name;
  std::filesystem::path path;       // that a server is given; absolute
  std::filesystem::path folder;     // the model's own, with its config; empty: a plain file has none
  std::filesystem::path onnx_file;  // that its newest version is; empty: that is none
  std::optional<ServiceGoal> goal;  // that its own config file says
  std::string digest;               // of its files and its config: another one when anything has changed
  uint64_t bytes = 0;               // of its files
  Decided decided;                  // by its own config file

  // A value of --slo for a server with this model and this goal, or without one; empty: none is needed.
  std::string SloOf(const std::optional<ServiceGoal>& told) const;
};

// Looks at the path as a server would. Reads every byte of the model. kNotFound: nothing is there; kInvalidArgument: it
// is no model, or several, which are named; what else is wrong with it is said as `trireme check` does.
Result<ModelFacts> LookAtModel(const std::filesystem::path& path);

}  // namespace trireme::tune
