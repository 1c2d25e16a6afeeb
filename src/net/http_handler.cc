// SPDX-License-Identifier: Apache-2.0
#include "net/http_handler.h"

#include <utility>

#include "base/check.h"
#include "net/http_error.h"

namespace trireme::net {
namespace {

// An answer that its holder forgot: an error if nothing was said yet, a visible break if something was.
void AnswerForgotten(ResponseWriter& writer, bool begun) {
  if (begun) {
    writer.Abort();
  } else {
    writer.Send(ErrorResponse(500, "the server lost this request: nobody answered it"));
  }
}

// Carries the answer to its loop, where alone it may be given.
class ForgottenOnAnotherThread final : public Task {
 public:
  ForgottenOnAnotherThread(std::shared_ptr<ResponseWriter> writer, bool begun)
      : writer_(std::move(writer)), begun_(begun) {}
  void Run() override {
    const std::unique_ptr<ForgottenOnAnotherThread> self(this);
    AnswerForgotten(*writer_, begun_);
  }

 private:
  std::shared_ptr<ResponseWriter> writer_;  // the exchange: shared with its connection
  bool begun_;
};

}  // namespace

HttpReply& HttpReply::operator=(HttpReply&& other) noexcept {
  HttpReply old = std::move(*this);  // answers on its way out, if it still owes one
  writer_ = std::move(other.writer_);
  begun_ = std::exchange(other.begun_, false);
  return *this;
}

HttpReply::~HttpReply() {
  if (writer_ == nullptr) return;
  Executor& loop = writer_->executor();
  if (loop.OnThread()) {
    AnswerForgotten(*writer_, begun_);
  } else {
    loop.Post(std::make_unique<ForgottenOnAnotherThread>(std::move(writer_), begun_).release());
  }
}

void HttpReply::Send(HttpResponse response) {
  CHECK(writer_ != nullptr && !begun_);
  const auto writer = std::move(writer_);
  writer->Send(std::move(response));
}

void HttpReply::Begin(HttpResponse head) {
  CHECK(writer_ != nullptr && !begun_);
  begun_ = true;
  writer_->Begin(std::move(head));
}

void HttpReply::Write(std::string chunk) {
  CHECK(writer_ != nullptr && begun_);
  writer_->Write(std::move(chunk));
}

void HttpReply::End() {
  CHECK(writer_ != nullptr && begun_);
  const auto writer = std::move(writer_);
  writer->End();
}

}  // namespace trireme::net
