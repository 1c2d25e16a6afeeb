// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lifecycle/check.h"

namespace trireme {

// Something that a config file says in another way than the model itself, in words for people.
struct SignatureDifference {
  std::string subject;  // "input INPUT0: dims", "max_batch_size"
  std::string file_says;
  std::string model_says;
};

// A pure function. That the file leaves something out is no difference; that it leaves out the batch dimension, as it
// must, is none either.
std::vector<SignatureDifference> SignatureDifferences(const DeclaredSignature& file, const Signature& model);

}  // namespace trireme
