// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/infer_response.h"
#include "wire/tfserving/examples.h"
#include "wire/tfserving/model_spec.h"
#include "wire/tfserving/results.h"

namespace trireme::tfserving {

// The messages of Classify, Regress and MultiInference of tensorflow.serving.PredictionService, read and written by
// hand.

// One question about the Examples of a request.
struct InferenceTask {
  ModelSpec spec;
  ResultKind kind = ResultKind::kClassify;
};

struct InferenceRequest {
  std::vector<InferenceTask> tasks;  // one at least
  Examples examples;                 // views of the message
};

// A ClassificationRequest or a RegressionRequest, which are the same on the wire.
Result<InferenceRequest> DecodeInferenceRequest(std::span<const std::byte> bytes, ResultKind kind);

// A MultiInferenceRequest: all of its tasks are about the same model, and each about another signature. kUnsupported: a
// task of another method.
Result<InferenceRequest> DecodeMultiInferenceRequest(std::span<const std::byte> bytes);

// One answer to a task. Labels that are no UTF-8 are written with U+FFFD.
struct InferenceAnswer {
  std::string signature_name;
  Results results;
};

// A ClassificationResponse or a RegressionResponse, by the kind of the results.
std::string EncodeInferenceResponse(const ModelId& model, const InferenceAnswer& answer);
std::string EncodeMultiInferenceResponse(const ModelId& model, std::span<const InferenceAnswer> answers);

}  // namespace trireme::tfserving
