// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "backends/torch/program.h"
#include "backends/torch/program_facts.h"
#include "backends/torch/result_places.h"
#include "base/status.h"
#include "model/signature.h"

namespace trireme::torch_backend {

// What a module takes and gives, as far as its config says it, its program shows it and runs have found it.
struct FoundSignature {
  Signature signature;
  std::vector<ResultPlace> places;  // one an output; none: no run has shown them, and names tell at each (PlacesOf)
  std::vector<at::Tensor> sample;   // inputs that it took, one a leaf; empty: none was found
  std::vector<std::string> notes;   // what was assumed, for people
};

// A file of TorchScript says neither types nor shapes. What `declared` (a config) does not say is found out by running
// the program on made-up inputs: such as its first operators want (LookAt), else such as many models take; then with
// other sizes, to see which are free. At most about twenty seconds.
//
// kInvalidArgument: the config contradicts the module, or nothing that was tried goes; the message says what to write
// into config.pbtxt.
Result<FoundSignature> FindSignature(const Program& program, const ProgramFacts& facts, const Signature& declared);

}  // namespace trireme::torch_backend
