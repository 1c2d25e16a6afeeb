// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "backends/torch/libtorch.h"
#include "base/status.h"

namespace trireme::torch_backend {

// A tensor among those that `forward` returned.
struct NamedResult {
  std::string name;  // of the dict or named tuple that it stood in; "output__0", "output__1", ... of others
  bool is_keyed = false;
  at::Tensor tensor;
};

// The tensors in what `forward` returned, in order: of tuples, lists and dicts however deep. A list of one is as good
// as what is in it, which is how detectors return what they found in one image. Numbers become tensors without
// dimensions; None is left out. kUnsupported: there is something else, or nothing at all.
Result<std::vector<NamedResult>> Flatten(const c10::IValue& value);

}  // namespace trireme::torch_backend
