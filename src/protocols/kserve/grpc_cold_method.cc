// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_cold_method.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/task.h"
#include "dialect/codec_job.h"
#include "protocols/kserve/cold_route.h"

namespace trireme::kserve {
namespace {

// A call on its way to a worker and back.
class SlowCall final : public Task {
 public:
  SlowCall(std::shared_ptr<const ColdAnswer> answer, net::GrpcMessage message, Identity identity, net::GrpcReply reply)
      : answer_(std::move(answer)),
        message_(std::move(message)),
        identity_(std::move(identity)),
        reply_(std::move(reply)) {}

  static void Start(std::unique_ptr<SlowCall> call, ThreadPool& workers) {
    const bool taken = ContinueOnWorker(workers, call, [](std::unique_ptr<SlowCall> self) {
      self->result_ = (*self->answer_)(self->message_.bytes, self->identity_);
      net::Executor& loop = self->reply_.executor();
      loop.Post(self.release());
    });
    if (taken) return;
    call->result_ = Overloaded("too many large requests are being answered; try again later");
    call.release()->Run();
  }

  void Run() override {
    const std::unique_ptr<SlowCall> self(this);
    FinishCold(std::move(reply_), *std::move(result_));
  }

 private:
  const std::shared_ptr<const ColdAnswer> answer_;  // shared with the method, which may be gone by then
  const net::GrpcMessage message_;
  const Identity identity_;
  net::GrpcReply reply_;
  std::optional<Result<std::string>> result_;
};

GrpcMethod MakeMethod(const ColdMethodOptions& options) {
  return {.path = GrpcPath(options.rpc),
          .operation = options.operation,
          .model_field = options.model_field,
          .max_message_bytes = kMaxColdBytes};
}

}  // namespace

std::string GrpcPath(std::string_view rpc) {
  return "/inference.GRPCInferenceService/" + std::string(rpc);
}

void FinishCold(net::GrpcReply reply, Result<std::string> answer) {
  if (!answer.ok()) return reply.Finish(ToGrpcStatus(answer.status()));
  reply.Finish(net::GrpcPayload{.text = *std::move(answer), .inserts = {}});
}

GrpcMethod ColdMethod(const ColdMethodOptions& options, ColdAnswer answer) {
  GrpcMethod method = MakeMethod(options);
  method.call = [answer = std::move(answer)](const net::GrpcHead&, const net::GrpcMessage& message,
                                             const Identity& identity, net::GrpcReply reply) {
    FinishCold(std::move(reply), answer(message.bytes, identity));
  };
  return method;
}

GrpcMethod SlowColdMethod(const InferServices& services, const ColdMethodOptions& options, ColdAnswer answer) {
  GrpcMethod method = MakeMethod(options);
  method.call = [&workers = services.codec_workers, answer = std::make_shared<const ColdAnswer>(std::move(answer))](
                    const net::GrpcHead&, net::GrpcMessage message, const Identity& identity, net::GrpcReply reply) {
    SlowCall::Start(std::make_unique<SlowCall>(answer, std::move(message), identity, std::move(reply)), workers);
  };
  return method;
}

}  // namespace trireme::kserve
