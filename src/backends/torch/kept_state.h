// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/torch/libtorch.h"

namespace trireme::torch_backend {

// An attribute of a module or of a part of it, by the names on the way there.
using AttributePath = std::vector<std::string>;

// What runs of a program leave behind in its module.
struct KeptState {
  bool keeps = false;  // what a later answer may depend on: runs must come one after the other
  // Otherwise: attributes that it sets although no answer depends on it. Runs at the same time need each its own.
  std::vector<AttributePath> scratch;  // worked out anew by a run, of shapes and of the file's: reset before each
  std::vector<AttributePath> flags;    // set to a constant, and read only to decide on what has no result: a warning
};

// `graph` is the module's forward with all calls in their places (torch::jit::Inline). Where nobody can tell, it keeps.
KeptState FindKeptState(const torch::jit::Module& module, const std::shared_ptr<torch::jit::Graph>& graph);

// Whether a node writes to something that a look at the graph does not show.
bool WritesOutOfSight(const torch::jit::Node& node);

}  // namespace trireme::torch_backend
