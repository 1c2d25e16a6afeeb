// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/torch/program.h"
#include "backends/torch/settings.h"
#include "base/status.h"

namespace trireme::torch_backend {

// A program in the form that is to be run.
struct ChosenProgram {
  std::unique_ptr<const Program> program;
  Settings::Execution execution = Settings::Execution::kPlain;
  std::string why;  // for people: "0.8 ms a run, plain 1.2 ms"
};

struct ChoiceOptions {
  Settings::Execution wanted = Settings::Execution::kAuto;
  uint64_t weight_bytes = 0;       // of the plain one
  bool keeps_state = false;        // ProgramFacts has it: no run but those for clients
  std::vector<at::Tensor> sample;  // inputs that it takes; empty: none is known
  // The plain one's module once more, sharing nothing with it. Other forms leave their weights in what the library has
  // compiled with a module, which goes with the last module that came of it.
  std::function<Result<torch::jit::Module>()> read_again;
};

// Gives the form that is wanted. kAuto: each is timed on the sample, by the CPU time of this thread, and one that is
// clearly faster than the plain one and gives the same is taken. Without a sample, of a program that keeps state, where
// a run takes long, and where the weights are so large that a second copy of them would matter, that is the plain one.
//
// kInvalidArgument: the library cannot bring the module into the form that is wanted.
Result<ChosenProgram> ChooseExecution(std::unique_ptr<const Program> plain, const ChoiceOptions& options);

// Bytes of the tensors that a module has: parameters, buffers, and constants in its programs.
uint64_t TensorBytes(const torch::jit::Module& module);

// Whether results are the same but for rounding.
bool NearlySame(const std::vector<NamedResult>& a, const std::vector<NamedResult>& b);

}  // namespace trireme::torch_backend
