// SPDX-License-Identifier: Apache-2.0
#include "bench/workload.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "bench/random_tensor.h"
#include "client/grpc_client.h"
#include "client/kserve_client.h"
#include "client/kserve_grpc_client.h"
#include "codec/proto_wire.h"
#include "wire/kserve/infer_proto.h"
#include "wire/tfserving/described_inputs.h"

namespace trireme::bench {
namespace {

constexpr size_t kMostGrpcBytes = size_t{1} << 31;  // of a message, as gRPC's implementations have it

// "cat.jpg, owl.jpg and 8 more"
std::string Describe(const std::vector<InputFile>& files) {
  constexpr size_t kMostShown = 3;
  std::string text;
  for (const InputFile& file : std::span(files).first(std::min(files.size(), kMostShown))) {
    text += (text.empty() ? "" : ", ") + file.name();
  }
  if (files.size() > kMostShown) text += " and " + std::to_string(files.size() - kMostShown) + " more";
  return text;
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
  const auto calls = static_cast<size_t>(options.calls);
  for (size_t place = 0; place < messages.size(); ++place) {
    kserve::GrpcInferRequest request{
        .model_name = requests.model, .model_version = options.version, .message = messages[place]};
    // Each slot's id goes in front.
    if (options.stream) request.message.form.id.reset();
    request.wants_empty_final_response = options.stream;
    std::string body = kserve::EncodeGrpcInferRequest(request).Joined();
    if (body.size() >= kMostGrpcBytes) return TooLarge("a request of more than 2 GiB");
    if (!options.stream) {
      requests.grpc_heads.push_back(client::GrpcPrefix(body.size()));
    } else if (messages.size() > 1 && !requests.in_turn) {
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

namespace {

// Rows of height, width and channels, or of channels in front.
bool IsPicture(const Shape& shape) {
  constexpr size_t kRank = 4;
  const auto is_channels = [&](size_t i) { return shape[i] == 1 || shape[i] == 3; };
  return shape.rank() == kRank && (is_channels(1) || is_channels(3));
}

}  // namespace

Shape ShapeToSend(const TensorSpec& input, const BenchOptions& options) {
  const auto given = std::ranges::find(options.shapes, input.name, &InputShape::input);
  if (given != options.shapes.end()) return given->shape;
  constexpr int64_t kPictureSide = 224;  // what most are trained with; of one pixel few models make anything
  const int64_t side = IsPicture(input.shape) ? kPictureSide : 1;
  Shape shape = input.shape;
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (shape[i] == Shape::kAny) shape[i] = i == 0 ? options.rows : side;
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

Result<kserve::InferRequestMessage> ReadRequest(const InputFile& file, MemoryPool& pool) {
  auto message = kserve::DecodeInferRequest(
      {.bytes = std::as_bytes(std::span(*file.bytes)), .keep_alive = file.bytes, .json_bytes = {}}, pool);
  if (!message.ok()) return std::move(message).status().Within("--input \"" + file.path + "\"");
  return message;
}

std::string StreamHead(size_t id, size_t body_bytes) {
  constexpr int kIdField = 3;  // of ModelInferRequest
  std::string field;
  ProtoWriter(field).Bytes(kIdField, std::to_string(id));
  return client::GrpcPrefix(field.size() + body_bytes) + field;
}

size_t ModelRequests::request_bytes() const {
  const size_t count = std::max(http.size(), grpc_bodies.size());
  if (count == 0) return 0;
  size_t bytes = 0;
  for (const client::PreparedRequest& request : http) bytes += request.bytes.size();
  for (const std::string& body : grpc_bodies) bytes += grpc_heads[0].size() + body.size();
  return bytes / count;
}

namespace {

// Nobody answered.
bool IsSilent(const Status& status) {
  return status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kDeadlineExceeded;
}

// Those whom MakeWorkload() may ask.
struct Server {
  const client::InferenceClient& client;
  const client::ClientOptions& access;
};

// What TF Serving's protocols say about a model.
Result<std::vector<TensorSpec>> AskTfserving(const BenchOptions& options, const client::ClientOptions& access,
                                             const std::string& model) {
  ASSIGN_OR_RETURN(const client::Url url, client::ParseUrl(options.url));
  if (url.grpc) {
    const std::string message = tfserving::EncodeMetadataRequest(model, options.version);
    ASSIGN_OR_RETURN(const std::string answer, client::CallGrpc({.url = url,
                                                                 .method = kGetModelMetadata,
                                                                 .message = message,
                                                                 .timeout = access.timeout,
                                                                 .metadata = client::MetadataOf(access),
                                                                 .tls = access.tls}));
    return tfserving::InputsOfMetadataProto(std::as_bytes(std::span(answer)));
  }
  const client::HttpCall call = CallTo(url, TfservingPath(model, options.version) + "/metadata", access);
  ASSIGN_OR_RETURN(const client::HttpAnswer answer, client::Call(call));
  if (answer.status != 200) return client::RefusalStatus(answer.status, answer.body);
  return tfserving::InputsOfMetadataJson(answer.body);
}

// Made up, for a model of which the server says what it takes: over V2, or in the dialect's own words.
Result<kserve::InferRequestMessage> MadeUpRequest(const BenchOptions& options, const Server& server,
                                                  const std::string& model, MemoryPool& pool) {
  auto metadata = server.client.Metadata(model, options.version);
  if (metadata.ok()) return RandomRequest(metadata->signature, options, pool);
  if (options.dialect != Dialect::kTfserving || IsSilent(metadata.status())) return std::move(metadata).status();
  ASSIGN_OR_RETURN(std::vector<TensorSpec> inputs, AskTfserving(options, server.access, model));
  return RandomRequest({.inputs = std::move(inputs), .outputs = {}}, options, pool);
}

Result<std::string> OnlyModel(const client::InferenceClient& client) {
  ASSIGN_OR_RETURN(const auto index, client.Index());
  return PickModel(index);
}

void DescribeInputs(const std::vector<NamedTensor>& inputs, ModelRequests& requests) {
  if (!inputs.empty() && inputs[0].tensor.shape.rank() > 0) requests.rows = inputs[0].tensor.shape[0];
  requests.inputs = Describe(inputs);
}

Status AddMessages(const BenchOptions& options, const Server& server, const std::vector<InputFile>& files,
                   MemoryPool& pool, ModelRequests& requests) {
  for (const InputFile& file : files) {
    ASSIGN_OR_RETURN(auto message, ReadRequest(file, pool));
    requests.messages.push_back(std::move(message));
  }
  if (files.empty()) {
    ASSIGN_OR_RETURN(auto message, MadeUpRequest(options, server, requests.model, pool));
    requests.messages.push_back(std::move(message));
  }
  DescribeInputs(requests.messages[0].inputs, requests);
  if (files.size() > 1) requests.inputs += ", of " + Describe(files);
  return {};
}

// A server that does not speak V2 beside its dialect cannot be asked: what it would have said is missing.
Status Ask(Status refused, std::string_view missing) {
  if (IsSilent(refused)) return refused;
  return std::move(refused).Within(missing);
}

Status AskForFile(Status refused) {
  return Ask(std::move(refused),
             "--input: expected a file to send, since the server does not say what its model takes");
}

Status AddBodies(const BenchOptions& options, const Server& server, const std::vector<InputFile>& files,
                 MemoryPool& pool, ModelRequests& requests) {
  if (!files.empty()) {
    requests.bodies = BodiesOf(files, options.content_type);
    requests.inputs = Describe(files);
    return {};
  }
  std::string model = requests.model;
  if (model == kInvocations) {
    Result<std::string> only = OnlyModel(server.client);
    // It speaks V2, and names those to choose from.
    if (only.status().code() == StatusCode::kInvalidArgument) return std::move(only).status();
    if (!only.ok()) return AskForFile(std::move(only).status());
    model = *std::move(only);
  }
  auto message = MadeUpRequest(options, server, model, pool);
  if (!message.ok()) return AskForFile(std::move(message).status());
  ASSIGN_OR_RETURN(const client::Url url, client::ParseUrl(options.url));
  const bool as_tensors = options.dialect == Dialect::kTfserving && url.grpc;
  ASSIGN_OR_RETURN(PlainBody body, as_tensors ? PredictBody(*message) : JsonBody(options.dialect, *message));
  requests.bodies.push_back(std::move(body));
  DescribeInputs(message->inputs, requests);
  return {};
}

// Who is asked where nobody was named.
Result<std::string> DefaultModel(const BenchOptions& options, const client::InferenceClient& client) {
  if (options.dialect == Dialect::kSagemaker) return std::string(kInvocations);
  Result<std::string> only = OnlyModel(client);
  if (only.ok() || options.dialect == Dialect::kKserve || only.status().code() == StatusCode::kInvalidArgument) {
    return only;
  }
  return Ask(std::move(only).status(), "--model: expected the name of a model");
}

}  // namespace

Result<Workload> MakeWorkload(const BenchOptions& options, const client::InferenceClient& client,
                              const client::ClientOptions& access, MemoryPool& pool) {
  std::vector<ModelShare> models = options.models;
  if (models.empty()) {
    ASSIGN_OR_RETURN(std::string only, DefaultModel(options, client));
    models.push_back({.name = std::move(only)});
  }
  // Each model's requests are bytes of their own.
  ASSIGN_OR_RETURN(const std::vector<InputFile> files,
                   ReadInputFiles(options.input_files, kMaxRequestBytes / models.size()));
  Workload workload{.models = {}, .calls = static_cast<size_t>(options.calls)};
  for (const ModelShare& share : models) {
    ModelRequests requests{.model = share.name, .in_turn = files.size() > 1};
    const auto add = options.dialect == Dialect::kKserve ? AddMessages : AddBodies;
    RETURN_IF_ERROR(add(options, {client, access}, files, pool, requests));
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

Status EncodeBodies(const BenchOptions& options, const client::Url& url, const client::ClientOptions& access,
                    ModelRequests& requests) {
  const std::string path = PlainPath(options.dialect, requests.model, options.version);
  for (const PlainBody& body : requests.bodies) {
    if (!url.grpc) {
      requests.http.push_back(PreparePlain(url, path, body, access.api_key));
      continue;
    }
    const auto encode = options.dialect == Dialect::kTfserving ? EncodePredict : EncodePrediction;
    std::string message = encode(requests.model, options.version, body);
    if (message.size() >= kMostGrpcBytes) return TooLarge("a request of more than 2 GiB");
    requests.grpc_heads.push_back(client::GrpcPrefix(message.size()));
    requests.grpc_bodies.push_back(std::move(message));
  }
  return {};
}

}  // namespace trireme::bench
