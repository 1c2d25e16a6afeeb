// SPDX-License-Identifier: Apache-2.0
#include "bench/workload.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "bench/random_tensor.h"
#include "client/kserve_client.h"
#include "codec/proto_wire.h"
#include "wire/kserve/infer_proto.h"

namespace trireme::bench {
namespace {

constexpr size_t kMaxRequestBytes = size_t{1} << 30;

Result<kserve::InferRequestMessage> ReadRequest(const std::string& path, MemoryPool& pool) {
  std::ifstream in(path, std::ios::binary);
  const auto text = std::make_shared<std::string>();
  std::array<char, 65536> block{};
  while (in.read(block.data(), block.size()), in.gcount() > 0) {
    text->append(block.data(), static_cast<size_t>(in.gcount()));
    if (text->size() > kMaxRequestBytes) return TooLarge("--input \"" + path + "\": a request of more than 1 GiB");
  }
  if (!in.eof() || in.bad()) return NotFound("--input: cannot read \"" + path + "\"");
  auto message = kserve::DecodeInferRequest(
      {.bytes = std::as_bytes(std::span(*text)), .keep_alive = text, .json_bytes = {}}, pool);
  if (!message.ok()) return std::move(message).status().Within("--input \"" + path + "\"");
  return message;
}

std::string Describe(const std::vector<NamedTensor>& inputs) {
  std::string text;
  for (const NamedTensor& input : inputs) {
    if (!text.empty()) text += ", ";
    text += input.name + " " + std::string(Name(input.tensor.type)) + input.tensor.shape.ToString();
  }
  return text;
}

Status CheckShapeNames(const Signature& signature, const BenchOptions& options) {
  for (const InputShape& shape : options.shapes) {
    if (FindSpec(signature.inputs, shape.input) >= 0) continue;
    std::string names;
    for (const TensorSpec& input : signature.inputs) names += " " + input.name;
    return InvalidArgument("--shape: the model has no input \"" + shape.input + "\"; it has" + names);
  }
  return Status();
}

Status EncodeGrpc(const BenchOptions& options, const std::vector<kserve::InferRequestMessage>& messages,
                  ModelRequests& requests) {
  constexpr size_t kMostBytes = size_t{1} << 31;  // of a message, as gRPC's implementations have it
  const auto calls = static_cast<size_t>(options.calls);
  for (size_t place = 0; place < messages.size(); ++place) {
    kserve::GrpcInferRequest request{
        .model_name = requests.model, .model_version = options.version, .message = messages[place]};
    // Each slot's id goes in front.
    if (options.stream) request.message.form.id.reset();
    request.wants_empty_final_response = options.stream;
    std::string body = kserve::EncodeGrpcInferRequest(request).Joined();
    if (body.size() >= kMostBytes) return TooLarge("a request of more than 2 GiB");
    if (!options.stream) {
      requests.grpc_heads.push_back(client::GrpcPrefix(body.size()));
    } else if (messages.size() > 1) {
      requests.grpc_heads.push_back(StreamHead(place % calls, body.size()));
    } else {
      for (size_t id = 0; id < calls; ++id) requests.grpc_heads.push_back(StreamHead(id, body.size()));
    }
    requests.grpc_bodies.push_back(std::move(body));
  }
  return {};
}

}  // namespace

Result<std::string> PickModel(const std::vector<kserve::IndexEntry>& index) {
  std::set<std::string> ready;
  for (const kserve::IndexEntry& entry : index) {
    if (entry.state == "READY") ready.insert(entry.name);
  }
  if (ready.size() == 1) return *ready.begin();
  if (ready.empty()) return NotFound("the server has no model that is ready");
  std::string names;
  for (const std::string& name : ready) names += " " + name;
  return InvalidArgument("the server has several models, choose one with --model:" + names);
}

Shape ShapeToSend(const TensorSpec& input, const BenchOptions& options) {
  const auto given = std::ranges::find(options.shapes, input.name, &InputShape::input);
  if (given != options.shapes.end()) return given->shape;
  Shape shape = input.shape;
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (shape[i] == Shape::kAny) shape[i] = i == 0 ? options.rows : 1;
  }
  return shape;
}

Result<kserve::InferRequestMessage> RandomRequest(const Signature& signature, const BenchOptions& options,
                                                  MemoryPool& pool) {
  RETURN_IF_ERROR(CheckShapeNames(signature, options));
  std::mt19937_64 random(options.seed);
  kserve::InferRequestMessage message;
  size_t bytes_left = kMaxRequestBytes;
  for (const TensorSpec& input : signature.inputs) {
    Result<Tensor> tensor = RandomTensor(input.type, ShapeToSend(input, options), bytes_left, random, pool);
    if (!tensor.ok()) return std::move(tensor).status().Within("input \"" + input.name + "\"");
    bytes_left -= tensor->data.size();
    message.inputs.push_back({input.name, *std::move(tensor)});
  }
  return message;
}

std::string StreamHead(size_t id, size_t body_bytes) {
  constexpr int kIdField = 3;  // of ModelInferRequest
  std::string field;
  ProtoWriter(field).Bytes(kIdField, std::to_string(id));
  return client::GrpcPrefix(field.size() + body_bytes) + field;
}

size_t ModelRequests::request_bytes() const {
  if (!http.empty()) return http[0].bytes.size();
  return grpc_bodies.empty() ? 0 : grpc_heads[0].size() + grpc_bodies[0].size();
}

Result<Workload> MakeWorkload(const BenchOptions& options, const client::InferenceClient& client, MemoryPool& pool) {
  std::vector<ModelShare> models = options.models;
  if (models.empty()) {
    ASSIGN_OR_RETURN(const auto index, client.Index());
    ASSIGN_OR_RETURN(std::string only, PickModel(index));
    models.push_back({.name = std::move(only)});
  }
  Workload workload{.models = {}, .calls = static_cast<size_t>(options.calls)};
  for (const ModelShare& share : models) {
    ModelRequests requests{.model = share.name};
    if (options.input_file.empty()) {
      ASSIGN_OR_RETURN(const auto metadata, client.Metadata(share.name, options.version));
      ASSIGN_OR_RETURN(requests.message, RandomRequest(metadata.signature, options, pool));
    } else {
      ASSIGN_OR_RETURN(requests.message, ReadRequest(options.input_file, pool));
    }
    const auto& inputs = requests.message.inputs;
    if (!inputs.empty() && inputs[0].tensor.shape.rank() > 0) requests.rows = inputs[0].tensor.shape[0];
    requests.inputs = Describe(inputs);
    workload.models.push_back(std::move(requests));
  }
  return workload;
}

Status EncodeRequests(const BenchOptions& options, const client::Url& url, const client::ClientOptions& access,
                      const std::vector<kserve::InferRequestMessage>& messages, ModelRequests& requests) {
  if (url.grpc) return EncodeGrpc(options, messages, requests);
  const client::KserveClient client(url, {.timeout = access.timeout, .tls = access.tls, .api_key = access.api_key});
  const bool binary = options.form == Form::kBinary;
  for (kserve::InferRequestMessage message : messages) {
    message.form.binary_data_output = binary && message.form.outputs.empty();
    const auto form = binary ? kserve::InputForm::kBinary : kserve::InputForm::kJson;
    ASSIGN_OR_RETURN(auto request, client.PrepareInfer(requests.model, options.version, message, form));
    requests.http.push_back(std::move(request));
  }
  return {};
}

}  // namespace trireme::bench
