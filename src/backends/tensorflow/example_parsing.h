// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "backends/tensorflow/op.h"
#include "base/status.h"

namespace trireme::tensorflow {

// ParseExample and ParseExampleV2: what they would take out of messages becomes inputs of the model, one for each dense
// feature, which are described in `features`. Sparse and ragged features give nothing: who needs one cannot be
// converted.
Status ConvertParseExample(Op& op, std::vector<ExampleFeature>& features);

// The outputs of such an operator that give nothing, by their indexes, in words: "sparse feature 'words'".
std::map<size_t, std::string> UnparsedFeatures(const Op& op);

}  // namespace trireme::tensorflow
