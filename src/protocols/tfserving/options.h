// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "wire/tfserving/tensor_proto.h"

namespace trireme::tfserving {

// How TF Serving's operators want it.
struct Options {
  TensorEncoding encoding = TensorEncoding::kLists;  // of tensors in answers
  bool allow_reload = false;                         // clients may replace the list of models
  bool run_warmup_files = true;                      // before a model serves
  std::string metrics_path;                          // of metrics under TF Serving's names; empty: none
};

}  // namespace trireme::tfserving
