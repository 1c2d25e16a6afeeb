// SPDX-License-Identifier: Apache-2.0
#include "dialect/answer_later.h"

#include <memory>
#include <utility>

#include "base/task.h"
#include "dialect/codec_job.h"

namespace trireme {
namespace {

using MakeAnswer = std::function<net::HttpResponse(const Status&)>;

class LaterAnswer final : public Task {
 public:
  LaterAnswer(net::HttpReply reply, MakeAnswer make) : reply_(std::move(reply)), make_(std::move(make)) {}

  static void Send(std::unique_ptr<LaterAnswer> answer, Status status) {
    answer->status_ = std::move(status);
    net::Executor& loop = answer->reply_.executor();
    ContinueOnLoop(loop, std::move(answer));
  }

  void Run() override {
    const std::unique_ptr<LaterAnswer> self(this);
    reply_.Send(make_(status_));
  }

 private:
  net::HttpReply reply_;
  const MakeAnswer make_;
  Status status_;
};

}  // namespace

std::function<void(Status)> AnswerLater(net::HttpReply reply, MakeAnswer answer) {
  // Shared by the copies that a std::function makes of itself.
  auto owed = std::make_shared<std::unique_ptr<LaterAnswer>>(
      std::make_unique<LaterAnswer>(std::move(reply), std::move(answer)));
  return [owed](Status status) { LaterAnswer::Send(std::move(*owed), std::move(status)); };
}

}  // namespace trireme
