// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_repository_methods.h"

#include <memory>
#include <string>
#include <utility>

#include "base/task.h"
#include "dialect/codec_job.h"
#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/descriptions.h"
#include "protocols/kserve/grpc_cold_method.h"
#include "wire/kserve/grpc_repository.h"

namespace trireme::kserve {
namespace {

constexpr int kModelName = 2;  // field of both requests that change something

Result<std::string> Index(const Engine& engine, std::span<const std::byte> bytes, const Identity& identity) {
  ASSIGN_OR_RETURN(const IndexRequest request, DecodeGrpcIndexRequest(bytes));
  return EncodeGrpcRepositoryIndex(DescribeIndex(engine, identity, request));
}

// A request to change a model, until it is answered, which may be on any thread.
class ControlCall final : public Task {
 public:
  ControlCall(const InferServices& services, net::GrpcHead head, net::GrpcMessage message, net::GrpcReply reply)
      : services_(services),
        cancellation_(std::move(head.http.cancellation)),
        message_(std::move(message)),
        reply_(std::move(reply)) {}

  // The message may carry the model itself.
  static void Load(std::unique_ptr<ControlCall> call) {
    if (call->message_.bytes.size() <= kMaxColdBytes) return ReadLoad(std::move(call));
    if (ContinueOnWorker(call->services_.codec_workers, call, &ControlCall::ReadLoad)) return;
    End(std::move(call), Overloaded("too many large requests are being read; try again later"));
  }

  static void Unload(std::unique_ptr<ControlCall> call) {
    Result<GrpcUnloadRequest> message = DecodeGrpcUnloadRequest(call->message_.bytes);
    if (!message.ok()) return End(std::move(call), message.status());
    // There are no models that others depend on: unload_dependents changes nothing.
    Engine& engine = call->services_.engine;
    engine.Unload(message->model_name, EndLater(std::move(call)));
  }

  void Run() override {
    const std::unique_ptr<ControlCall> self(this);
    FinishCold(std::move(reply_), status_.ok() ? Result<std::string>(std::string()) : Result<std::string>(status_));
  }

 private:
  // On the loop or a codec worker.
  static void ReadLoad(std::unique_ptr<ControlCall> call) {
    if (call->cancellation_.cancelled()) {
      return End(std::move(call), Cancelled("the client went away before its request was read"));
    }
    Result<GrpcLoadRequest> message = DecodeGrpcLoadRequest(call->message_.bytes);
    if (!message.ok()) return End(std::move(call), message.status());
    call->message_ = {};
    Engine& engine = call->services_.engine;
    LoadRequest& load = message->request;
    engine.Load(message->model_name, {.config_json = std::move(load.config), .files = std::move(load.files)},
                EndLater(std::move(call)));
  }

  static void End(std::unique_ptr<ControlCall> call, Status status) {
    ControlCall* raw = call.release();
    raw->status_ = std::move(status);
    if (raw->reply_.executor().OnThread()) {
      raw->Run();
    } else {
      raw->reply_.executor().Post(raw);
    }
  }

  // A callback that owes the answer. If nobody ever calls it, the reply says so itself.
  static ModelControl::Done EndLater(std::unique_ptr<ControlCall> call) {
    // Shared by the copies that a std::function makes of itself.
    auto owed = std::make_shared<std::unique_ptr<ControlCall>>(std::move(call));
    return [owed](Status status) { End(std::move(*owed), std::move(status)); };
  }

  const InferServices& services_;
  const Cancellation cancellation_;
  net::GrpcMessage message_;
  net::GrpcReply reply_;
  Status status_;
};

GrpcMethod ControlMethod(const InferServices& services, std::string_view rpc,
                         void (*start)(std::unique_ptr<ControlCall>)) {
  return {
      .path = GrpcPath(rpc),
      .operation = Operation::kModelControl,
      .model_field = kModelName,
      .call = [&services, start](net::GrpcHead head, net::GrpcMessage message, const Identity&, net::GrpcReply reply) {
        start(std::make_unique<ControlCall>(services, std::move(head), std::move(message), std::move(reply)));
      }};
}

}  // namespace

void AddGrpcRepositoryMethods(std::vector<GrpcMethod>& methods, const InferServices& services) {
  methods.push_back(
      SlowColdMethod(services, {.rpc = "RepositoryIndex", .operation = Operation::kMetadata},
                     [&engine = services.engine](std::span<const std::byte> bytes, const Identity& identity) {
                       return Index(engine, bytes, identity);
                     }));
  methods.push_back(ControlMethod(services, "RepositoryModelLoad", &ControlCall::Load));
  methods.push_back(ControlMethod(services, "RepositoryModelUnload", &ControlCall::Unload));
  methods.back().max_message_bytes = kMaxColdBytes;
}

}  // namespace trireme::kserve
