// SPDX-License-Identifier: Apache-2.0
#include "scheduler/answer_order.h"

#include <utility>

#include "base/check.h"

namespace trireme {

// Stands in for the reply of a request until it is its turn.
class AnswerOrder::Sink final : public ReplySink {
 public:
  Sink(AnswerOrder& order, uint64_t number, Reply reply) : order_(order), number_(number), reply_(std::move(reply)) {}

  void Respond(InferResponse response) override { responses_.push_back(std::move(response)); }

  void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
    order_.Finish(number_,
                  {.reply = std::move(reply_), .responses = std::move(responses_), .outcome = std::move(outcome)});
  }

 private:
  AnswerOrder& order_;
  const uint64_t number_;
  Reply reply_;
  std::vector<InferResponse> responses_;
};

void AnswerOrder::Enter(InferRequest& request) {
  CHECK(request.reply);
  const MutexLock lock(mutex_);
  const uint64_t number = first_ + answers_.size();
  answers_.emplace_back();
  request.reply = Reply(std::make_unique<Sink>(*this, number, std::move(request.reply)));
}

size_t AnswerOrder::held() const {
  const MutexLock lock(mutex_);
  return finished_;
}

void AnswerOrder::Finish(uint64_t number, Answer answer) {
  {
    const MutexLock lock(mutex_);
    answers_[number - first_] = std::move(answer);
    ++finished_;
    if (letting_out_) return;  // that thread finds this one too, if it is its turn
    letting_out_ = true;
  }
  while (true) {
    Answer next;
    {
      const MutexLock lock(mutex_);
      if (answers_.empty() || !answers_.front().reply) {
        letting_out_ = false;
        return;
      }
      next = std::move(answers_.front());
      answers_.pop_front();
      ++first_;
      --finished_;
    }
    LetOut(std::move(next));
  }
}

void AnswerOrder::LetOut(Answer answer) {
  for (InferResponse& response : answer.responses) answer.reply.Send(std::move(response));
  if (answer.outcome.response) {
    answer.reply.Finish(*std::move(answer.outcome.response));
  } else {
    answer.reply.Finish(std::move(answer.outcome.status), answer.outcome.stages);
  }
}

}  // namespace trireme
