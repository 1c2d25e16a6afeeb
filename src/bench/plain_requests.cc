// SPDX-License-Identifier: Apache-2.0
#include "bench/plain_requests.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/log.h"
#include "client/kserve_client.h"
#include "wire/sagemaker/nested_json.h"
#include "wire/tfserving/predict_proto.h"
#include "wire/torchserve/grpc_messages.h"

namespace trireme::bench {
namespace {

Result<std::string> NestedArrays(const std::vector<NamedTensor>& inputs) {
  std::string text;
  if (inputs.size() == 1) {
    RETURN_IF_ERROR(sagemaker::AppendNestedJson(text, inputs[0].tensor));
    return text;
  }
  for (const NamedTensor& input : inputs) {
    text += text.empty() ? '{' : ',';
    AppendJsonString(text, input.name);
    text += ':';
    RETURN_IF_ERROR(sagemaker::AppendNestedJson(text, input.tensor));
  }
  return text + "}";
}

}  // namespace

std::vector<PlainBody> BodiesOf(const std::vector<InputFile>& files, const std::string& content_type) {
  std::vector<PlainBody> bodies;
  for (const InputFile& file : files) {
    const std::string type(content_type.empty() ? MediaTypeOf(file.path, *file.bytes) : content_type);
    bodies.push_back({.media_type = type, .bytes = file.bytes});
  }
  return bodies;
}

Result<PlainBody> JsonBody(Dialect dialect, const kserve::InferRequestMessage& message) {
  std::string json;
  if (dialect == Dialect::kTorchserve || dialect == Dialect::kTfserving) {
    ASSIGN_OR_RETURN(json, NestedArrays(message.inputs));
    if (dialect == Dialect::kTfserving) json = "{\"inputs\":" + json + "}";
  } else {
    ASSIGN_OR_RETURN(kserve::EncodedBody encoded, kserve::EncodeInferRequest(message, kserve::InputForm::kJson));
    json = std::move(encoded.json);
  }
  return PlainBody{.media_type = "application/json", .bytes = std::make_shared<const std::string>(std::move(json))};
}

std::string MediaTypesOf(const std::vector<PlainBody>& bodies) {
  std::vector<std::string> types;
  for (const PlainBody& body : bodies) {
    if (std::ranges::find(types, body.media_type) == types.end()) types.push_back(body.media_type);
  }
  std::string text;
  for (const std::string& type : types) text += (text.empty() ? "" : "+") + type;
  return text;
}

std::string TfservingPath(std::string_view model, std::string_view version) {
  const std::string path = "/v1/models/" + client::EscapePathSegment(model);
  return version.empty() ? path : path + "/versions/" + client::EscapePathSegment(version);
}

std::string PlainPath(Dialect dialect, std::string_view model, std::string_view version) {
  if (dialect == Dialect::kSagemaker) {
    if (model == kInvocations) return std::string(kInvocations);
    return "/models/" + client::EscapePathSegment(model) + "/invoke";
  }
  if (dialect == Dialect::kTfserving) return TfservingPath(model, version) + ":predict";
  const std::string path = "/predictions/" + client::EscapePathSegment(model);
  return version.empty() ? path : path + "/" + client::EscapePathSegment(version);
}

client::HttpCall CallTo(client::Url server, const std::string& path, const client::ClientOptions& access) {
  while (server.path.ends_with('/')) server.path.pop_back();
  server.path += path;
  client::HttpCall call{.url = std::move(server), .timeout = access.timeout, .tls = access.tls};
  if (!access.api_key.empty()) call.headers.emplace_back("Authorization", "Bearer " + access.api_key);
  return call;
}

client::PreparedRequest PreparePlain(const client::Url& server, const std::string& path, const PlainBody& body,
                                     const std::string& api_key) {
  client::Url url = server;
  while (url.path.ends_with('/')) url.path.pop_back();
  url.path += path;
  client::HttpHeaders headers = {{"Content-Type", body.media_type}};
  if (!api_key.empty()) headers.emplace_back("Authorization", "Bearer " + api_key);
  return client::Prepare("POST", url, headers, *body.bytes);
}

Result<PlainBody> PredictBody(const kserve::InferRequestMessage& message) {
  ASSIGN_OR_RETURN(std::string inputs, tfserving::EncodePredictInputs(message.inputs));
  return PlainBody{.media_type = "application/protobuf",
                   .bytes = std::make_shared<const std::string>(std::move(inputs))};
}

std::string EncodePredict(std::string_view model, std::string_view version, const PlainBody& body) {
  return *body.bytes + tfserving::EncodePredictModel(model, version);
}

std::string EncodePrediction(std::string_view model, std::string_view version, const PlainBody& body) {
  return torchserve::EncodePredictionsRequest(
      {.model_name = model,
       .model_version = version,
       .inputs = {{.name = "data", .bytes = std::as_bytes(std::span(*body.bytes))}},
       .sequence_id = std::nullopt});
}

}  // namespace trireme::bench
