// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/grpc_methods.h"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/task.h"
#include "dialect/codec_job.h"
#include "dialect/request_headers.h"
#include "protocols/tfserving/call.h"
#include "protocols/tfserving/describe.h"
#include "protocols/tfserving/failure.h"
#include "protocols/tfserving/grpc_questions.h"
#include "wire/tfserving/config_files.h"
#include "wire/tfserving/predict_proto.h"

namespace trireme::tfserving {
namespace {

constexpr uint64_t kMaxColdBytes = 64 << 10;
constexpr uint64_t kMaxConfigBytes = 16 << 20;

// Where messages name their model: in model_spec, and in the model_spec of each task, of which all name the same.
constexpr int kName = 1;
constexpr std::array<int, 2> kInModelSpec = {1, 0};
constexpr std::array<int, 2> kInTasksModelSpec = {1, 1};

std::string Prediction(std::string_view rpc) {
  return "/tensorflow.serving.PredictionService/" + std::string(rpc);
}

std::string Model(std::string_view rpc) {
  return "/tensorflow.serving.ModelService/" + std::string(rpc);
}

CallFacts FactsOf(const net::GrpcHead& head, const net::GrpcMessage& message, const Identity& identity, ModelSpec spec,
                  std::string_view api) {
  return {.spec = std::move(spec),
          .caller = {.principal = identity.principal, .tenant = identity.tenant},
          .cancellation = head.http.cancellation,
          .received = message.received,
          .deadline = head.deadline,
          .trace = TraceOf(head.http),
          .protocol = "grpc",
          .entrypoint = "GRPC",
          .api = api};
}

using MakeQuestion = std::function<std::unique_ptr<Question>(const ModelSpec&, net::GrpcMessage, net::GrpcReply)>;

// `api` is a constant: the rpc's name.
GrpcMethod AskMethod(const Services& services, std::string_view api, SpecPlace place, MakeQuestion make) {
  return {.path = Prediction(api),
          .operation = Operation::kInfer,
          .model_field = kName,
          .model_within = place == SpecPlace::kTask ? kInTasksModelSpec : kInModelSpec,
          .align_at = place == SpecPlace::kMessage ? FindElements : nullptr,
          .call = [&services, api, place, make = std::move(make)](const net::GrpcHead& head, net::GrpcMessage message,
                                                                  const Identity& identity, net::GrpcReply reply) {
            Result<ModelSpec> spec = ReadSpec(message.bytes, place);
            if (!spec.ok()) return reply.Finish(ErrorStatus(spec.status()));
            CallFacts facts = FactsOf(head, message, identity, *std::move(spec), api);
            std::unique_ptr<Question> question = make(facts.spec, std::move(message), std::move(reply));
            StartCall(services, std::move(facts), std::move(question));
          }};
}

GrpcMethod ExamplesRpc(const Services& services, std::string_view api, ExamplesMethod method) {
  const SpecPlace place = method == ExamplesMethod::kMultiInference ? SpecPlace::kTask : SpecPlace::kMessage;
  return AskMethod(services, api, place,
                   [&services, method](const ModelSpec&, net::GrpcMessage message, net::GrpcReply reply) {
                     return InferOverGrpc(services, method, std::move(message), std::move(reply));
                   });
}

// Answered at once, on the loop.
template <typename Answer>
GrpcMethod LookMethod(std::string path, Answer answer) {
  return {
      .path = std::move(path),
      .operation = Operation::kMetadata,
      .model_field = kName,
      .model_within = kInModelSpec,
      .max_message_bytes = kMaxColdBytes,
      .call = [answer](const net::GrpcHead&, const net::GrpcMessage& message, const Identity&, net::GrpcReply reply) {
        Result<std::string> text = answer(message.bytes);
        if (!text.ok()) return reply.Finish(ErrorStatus(text.status()));
        reply.Finish(net::GrpcPayload{.text = *std::move(text), .inserts = {}});
      }};
}

Result<std::string> Metadata(const Engine& engine, std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const ModelSpec spec, DecodeMetadataRequest(bytes));
  ASSIGN_OR_RETURN(const DescribedModel model, DescribeSignatures(engine, spec));
  return EncodeMetadataProto(model.id, model.signatures);
}

Result<std::string> ModelStatusOf(const Engine& engine, std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const ModelSpec spec, DecodeStatusRequest(bytes));
  ASSIGN_OR_RETURN(const std::vector<VersionStatus> versions, DescribeVersions(engine, spec));
  return EncodeStatusProto(versions);
}

// An answer that comes later, on its way to its loop.
class ReloadAnswer final : public Task {
 public:
  explicit ReloadAnswer(net::GrpcReply reply) : reply_(std::move(reply)) {}

  static void Send(std::unique_ptr<ReloadAnswer> answer, Status status) {
    answer->status_ = std::move(status);
    Executor& loop = answer->reply_.executor();
    ContinueOnLoop(loop, std::move(answer));
  }

  void Run() override {
    const std::unique_ptr<ReloadAnswer> self(this);
    if (!status_.ok()) return reply_.Finish(ErrorStatus(status_));
    reply_.Finish(net::GrpcPayload{.text = EncodeReloadResponse(), .inserts = {}});
  }

 private:
  net::GrpcReply reply_;
  Status status_;
};

void Reload(const Services& services, const net::GrpcMessage& message, net::GrpcReply reply) {
  if (!services.options.allow_reload || !services.serve_models) {
    return reply.Finish(ErrorStatus(
        Unsupported("the server was not started with --tfserving-allow-reload on and a list of models, which "
                    "--tfserving-config or --tfserving-model-base-path makes")));
  }
  Result<std::vector<ServedModel>> models = DecodeReloadRequest(message.bytes);
  if (!models.ok()) return reply.Finish(ErrorStatus(models.status()));
  // Shared by the copies that a std::function makes of itself.
  auto owed = std::make_shared<std::unique_ptr<ReloadAnswer>>(std::make_unique<ReloadAnswer>(std::move(reply)));
  services.serve_models(*std::move(models),
                        [owed](Status status) { ReloadAnswer::Send(std::move(*owed), std::move(status)); });
}

}  // namespace

std::vector<GrpcMethod> ModelMethods(const Services& services) {
  const Engine& engine = services.engine;
  std::vector<GrpcMethod> methods;
  const auto predict = [&services](const ModelSpec& spec, net::GrpcMessage message, net::GrpcReply reply) {
    return PredictOverGrpc(services, spec.signature_name, std::move(message), std::move(reply));
  };
  methods.push_back(AskMethod(services, "Predict", SpecPlace::kMessage, predict));
  methods.push_back(ExamplesRpc(services, "Classify", ExamplesMethod::kClassify));
  methods.push_back(ExamplesRpc(services, "Regress", ExamplesMethod::kRegress));
  methods.push_back(ExamplesRpc(services, "MultiInference", ExamplesMethod::kMultiInference));
  methods.push_back(LookMethod(Prediction("GetModelMetadata"),
                               [&engine](std::span<const std::byte> bytes) { return Metadata(engine, bytes); }));
  methods.push_back(LookMethod(Model("GetModelStatus"),
                               [&engine](std::span<const std::byte> bytes) { return ModelStatusOf(engine, bytes); }));
  return methods;
}

GrpcMethod ReloadMethod(const Services& services) {
  return {.path = Model("HandleReloadConfigRequest"),
          .operation = Operation::kServerControl,
          .max_message_bytes = kMaxConfigBytes,
          .call = [&services](const net::GrpcHead&, const net::GrpcMessage& message, const Identity&,
                              net::GrpcReply reply) { Reload(services, message, std::move(reply)); }};
}

}  // namespace trireme::tfserving
