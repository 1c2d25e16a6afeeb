// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/executor.h"
#include "base/status.h"
#include "base/task.h"
#include "dialect/codec_job.h"
#include "net/http_handler.h"
#include "net/http_message.h"

namespace trireme {

// An answer that somebody owes, until it is known, and on its way to its loop. It owns itself on that way.
template <typename Known, typename Reply>
class OwedAnswer final : public Task {
 public:
  using Send = std::function<void(Reply&, Known)>;

  OwedAnswer(Reply reply, Send send) : reply_(std::move(reply)), send_(std::move(send)) {}

  static void GoOn(std::unique_ptr<OwedAnswer> answer, Known known) {
    answer->known_.emplace(std::move(known));
    Executor& loop = answer->reply_.executor();
    ContinueOnLoop(loop, std::move(answer));
  }

  void Run() override {
    const std::unique_ptr<OwedAnswer> self(this);
    send_(reply_, *std::move(known_));
  }

 private:
  Reply reply_;
  const Send send_;
  std::optional<Known> known_;
};

// A callback that owes a client its answer, for what takes its time: `send` answers, once, on the reply's loop. The
// callback may be called once, on any thread, long after the client has gone; if nobody ever calls it, the reply
// answers by itself. Of HTTP and gRPC alike.
template <typename Known, typename Reply>
std::function<void(Known)> SendLater(Reply reply, typename OwedAnswer<Known, Reply>::Send send) {
  using Owed = OwedAnswer<Known, Reply>;
  // Shared by the copies that a std::function makes of itself.
  auto owed = std::make_shared<std::unique_ptr<Owed>>(std::make_unique<Owed>(std::move(reply), std::move(send)));
  return [owed](Known known) { Owed::GoOn(std::move(*owed), std::move(known)); };
}

// The same where `answer` makes what is sent, of a status.
std::function<void(Status)> AnswerLater(net::HttpReply reply, std::function<net::HttpResponse(const Status&)> answer);

}  // namespace trireme
