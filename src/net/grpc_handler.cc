// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_handler.h"

#include <utility>

#include "base/check.h"

namespace trireme::net {
namespace {

void FinishForgotten(GrpcWriter& writer) {
  writer.Finish(
      {.code = GrpcCode::kInternal, .message = "the server lost this call: nobody answered it", .metadata = {}});
}

// Carries the finish to its loop, where alone it may be given.
class ForgottenOnAnotherThread final : public Task {
 public:
  explicit ForgottenOnAnotherThread(std::shared_ptr<GrpcWriter> writer) : writer_(std::move(writer)) {}
  void Run() override {
    const std::unique_ptr<ForgottenOnAnotherThread> self(this);
    FinishForgotten(*writer_);
  }

 private:
  std::shared_ptr<GrpcWriter> writer_;  // the call: shared with its connection
};

}  // namespace

GrpcReply& GrpcReply::operator=(GrpcReply&& other) noexcept {
  GrpcReply old = std::move(*this);  // finishes on its way out, if it still owes that
  writer_ = std::move(other.writer_);
  finished_ = other.finished_;
  return *this;
}

GrpcReply::~GrpcReply() {
  if (writer_ == nullptr || finished_) return;
  Executor& loop = writer_->executor();
  if (loop.OnThread()) {
    FinishForgotten(*writer_);
  } else {
    loop.Post(std::make_unique<ForgottenOnAnotherThread>(std::move(writer_)).release());
  }
}

void GrpcReply::Finish(GrpcStatus status) {
  CHECK(*this);
  finished_ = true;
  const auto writer = writer_;  // this may go meanwhile
  writer->Finish(std::move(status));
}

void GrpcReply::Finish(GrpcPayload message) {
  CHECK(*this);
  finished_ = true;
  const auto writer = writer_;
  writer->Send(std::move(message));
  writer->Finish(GrpcStatus());
}

}  // namespace trireme::net
