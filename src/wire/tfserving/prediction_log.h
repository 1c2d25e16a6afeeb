// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"

namespace trireme::tfserving {

// A tensorflow.serving.PredictionLog: a request as a server has noted it, of which warm-up files are made.
struct PredictionLog {
  enum class Kind { kPredict, kClassify, kRegress, kMultiInference };

  Kind kind = Kind::kPredict;
  std::string_view request;  // a PredictRequest, ClassificationRequest, ...: a view of what was read
};

// kInvalidArgument: it is none, or has no request; kUnsupported: its request is of another kind.
Result<PredictionLog> DecodePredictionLog(std::string_view bytes);

}  // namespace trireme::tfserving
