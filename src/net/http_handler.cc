// SPDX-License-Identifier: Apache-2.0
#include "net/http_handler.h"

#include <cstdint>
#include <exception>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/out_of_memory.h"
#include "net/http_error.h"

namespace trireme::net {
namespace {

// What becomes of an answer that its holder forgot, or lost on its way.
enum class Lost : uint8_t { kForgotten, kOutOfMemory, kBegun };

// An error if nothing was said yet, a visible break if something was.
void AnswerForgotten(ResponseWriter& writer, Lost how) {
  try {
    if (how == Lost::kForgotten) {
      return writer.Send(ErrorResponse(500, "the server lost this request: nobody answered it"));
    }
    if (how == Lost::kOutOfMemory) return writer.Send(OutOfMemoryResponse());
  } catch (const std::bad_alloc&) {
    // Then without a word.
  }
  writer.Abort();
}

// Carries the answer to its loop, where alone it may be given.
class ForgottenOnAnotherThread final : public Task {
 public:
  ForgottenOnAnotherThread(std::shared_ptr<ResponseWriter> writer, Lost how) : writer_(std::move(writer)), how_(how) {}
  void Run() override {
    const std::unique_ptr<ForgottenOnAnotherThread> self(this);
    AnswerForgotten(*writer_, how_);
  }

 private:
  std::shared_ptr<ResponseWriter> writer_;  // the exchange: shared with its connection
  const Lost how_;
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
  Lost how = std::uncaught_exceptions() > 0 ? Lost::kOutOfMemory : Lost::kForgotten;
  if (begun_) how = Lost::kBegun;
  if (loop.OnThread()) {
    AnswerForgotten(*writer_, how);
  } else {
    AfterSomeTries([&] { loop.Post(std::make_unique<ForgottenOnAnotherThread>(writer_, how).release()); });
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
