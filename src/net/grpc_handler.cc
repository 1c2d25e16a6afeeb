// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_handler.h"

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/out_of_memory.h"

namespace trireme::net {
namespace {

void FinishForgotten(GrpcWriter& writer, bool out_of_memory) {
  try {
    if (out_of_memory) {
      writer.Finish({.code = GrpcCode::kResourceExhausted, .message = std::string(kNoMemory), .metadata = {}});
    } else {
      writer.Finish(
          {.code = GrpcCode::kInternal, .message = "the server lost this call: nobody answered it", .metadata = {}});
    }
  } catch (const std::bad_alloc&) {
    // Its deadline ends it.
  }
}

// Carries the finish to its loop, where alone it may be given.
class ForgottenOnAnotherThread final : public Task {
 public:
  ForgottenOnAnotherThread(std::shared_ptr<GrpcWriter> writer, bool out_of_memory)
      : writer_(std::move(writer)), out_of_memory_(out_of_memory) {}
  void Run() override {
    const std::unique_ptr<ForgottenOnAnotherThread> self(this);
    FinishForgotten(*writer_, out_of_memory_);
  }

 private:
  std::shared_ptr<GrpcWriter> writer_;  // the call: shared with its connection
  const bool out_of_memory_;
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
  const bool out_of_memory = std::uncaught_exceptions() > 0;
  if (loop.OnThread()) {
    FinishForgotten(*writer_, out_of_memory);
  } else {
    AfterSomeTries([&] { loop.Post(std::make_unique<ForgottenOnAnotherThread>(writer_, out_of_memory).release()); });
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
