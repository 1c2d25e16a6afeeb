// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "bench/input_file.h"
#include "bench/options.h"
#include "client/http_client.h"
#include "client/http_connection.h"
#include "client/inference_client.h"
#include "client/url.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::bench {

// What clients of TorchServe, SageMaker and TF Serving send: bodies in whatever form a model takes, and the model in
// the path.

// A body, which may be long, and so is shared by the requests to all models.
struct PlainBody {
  std::string media_type;
  std::shared_ptr<const std::string> bytes;
};

// What stands for the model that SageMaker's /invocations does not name; no model there has a '/' in its name.
inline constexpr std::string_view kInvocations = "/invocations";
// org.pytorch.serve.grpc.inference
inline constexpr std::string_view kPredictions = "/org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions";
// tensorflow.serving
inline constexpr std::string_view kPredict = "/tensorflow.serving.PredictionService/Predict";
inline constexpr std::string_view kGetModelMetadata = "/tensorflow.serving.PredictionService/GetModelMetadata";

// Files, each as a body of `content_type` or, if that is empty, of what it looks like.
std::vector<PlainBody> BodiesOf(const std::vector<InputFile>& files, const std::string& content_type);

// Tensors in JSON: for SageMaker a V2 request; for TorchServe the nested array of the only input, or an object of them
// by name; for TF Serving these as "inputs".
Result<PlainBody> JsonBody(Dialect dialect, const kserve::InferRequestMessage& message);

// "image/jpeg", or several with '+' between them.
std::string MediaTypesOf(const std::vector<PlainBody>& bodies);

// "/predictions/M/V", "/models/M/invoke", "/invocations", "/v1/models/M/versions/V:predict", with what a path cannot
// hold escaped. `dialect` is not KServe's.
std::string PlainPath(Dialect dialect, std::string_view model, std::string_view version);

// "/v1/models/M/versions/V", what stands before ":predict".
std::string TfservingPath(std::string_view model, std::string_view version);

// A call of its own to a path of the server, for which the caller waits.
client::HttpCall CallTo(client::Url server, const std::string& path, const client::ClientOptions& access);

client::PreparedRequest PreparePlain(const client::Url& server, const std::string& path, const PlainBody& body,
                                     const std::string& api_key);

// Tensors for TF Serving over gRPC: a PredictRequest but for its model.
Result<PlainBody> PredictBody(const kserve::InferRequestMessage& message);
// A PredictRequest: such a body or a file that has one, and the model that it is about instead of its own.
std::string EncodePredict(std::string_view model, std::string_view version, const PlainBody& body);

// A PredictionsRequest, with the body as "data".
std::string EncodePrediction(std::string_view model, std::string_view version, const PlainBody& body);

}  // namespace trireme::bench
