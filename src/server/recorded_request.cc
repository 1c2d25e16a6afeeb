// SPDX-License-Identifier: Apache-2.0
#include "server/recorded_request.h"

#include <memory>
#include <span>
#include <utility>

#include "engine/check_request.h"
#include "protocols/tfserving/read_log.h"
#include "repository/warmup_bytes.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme {
namespace {

Status InSharedMemory(const std::string& place) {
  return InvalidArgument(place + ": expected a tensor in the request itself, found one in shared memory");
}

Status CheckPlaces(const kserve::InferRequestMessage& message) {
  if (!message.shared_inputs.empty()) {
    return InSharedMemory("inputs[" + std::to_string(message.shared_inputs.front().input) + "]");
  }
  for (size_t i = 0; i < message.form.outputs.size(); ++i) {
    if (message.form.outputs[i].shared_memory) return InSharedMemory("outputs[" + std::to_string(i) + "]");
  }
  return {};
}

// With the checks that a client's request goes through.
Result<RunnableRequest> Runnable(InferRequest request, const RequestTarget& target) {
  RETURN_IF_ERROR(CheckRequest(target.model, target.signature, request, target.max_request_rows));
  RunnableRequest runnable;
  for (NamedTensor& input : request.inputs) runnable.inputs.push_back(std::move(input.tensor));
  for (const RequestedOutput& output : request.outputs) runnable.outputs.push_back(output.index);
  return runnable;
}

}  // namespace

Result<RunnableRequest> ReadRequestBody(std::string body, const RequestTarget& target, MemoryPool& pool) {
  const auto text = std::make_shared<const std::string>(std::move(body));  // shared with tensors that view it
  ASSIGN_OR_RETURN(kserve::InferRequestMessage message,
                   kserve::DecodeInferRequest(
                       {.bytes = std::as_bytes(std::span(*text)), .keep_alive = text, .json_bytes = {}}, pool));
  RETURN_IF_ERROR(CheckPlaces(message));
  InferRequest request;
  request.inputs = std::move(message.inputs);
  for (kserve::OutputForm& output : message.form.outputs) {
    request.outputs.push_back({.name = std::move(output.name), .index = -1, .destination = {}});
  }
  return Runnable(std::move(request), target);
}

Result<std::vector<LoggedRequest>> ReadServingLog(std::string log, const RequestTarget& target, MemoryPool& pool) {
  const tfserving::AskedModel model{.signature = target.signature, .file = target.file};
  ASSIGN_OR_RETURN(std::vector<tfserving::LogQuestion> questions,
                   tfserving::ReadLog(log, model, target.is_default, static_cast<size_t>(kMaxWarmupBytes), pool));
  std::vector<LoggedRequest> requests;
  for (tfserving::LogQuestion& question : questions) {
    LoggedRequest& logged = requests.emplace_back();
    logged.signature = std::move(question.signature);
    if (!logged.signature.empty()) continue;
    InferRequest request;
    request.inputs = std::move(question.inputs);
    request.outputs = std::move(question.outputs);
    ASSIGN_OR_RETURN(logged.request, Runnable(std::move(request), target));
  }
  return requests;
}

}  // namespace trireme
