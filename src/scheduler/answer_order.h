// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "model/infer_request.h"
#include "model/reply.h"

namespace trireme {

// Lets the answers of a line out in the order in which their requests came, whichever is ready first.
//
// A request that enters gets another reply in place of its own: what it is answered waits there until all that entered
// before it are answered. So every way in which a request can end keeps the order, and none can be forgotten: a reply
// that is dropped finishes too. Of a request with several responses all leave together.
//
// Answers leave on the thread that finishes the one they waited for, outside of any lock. Thread-safe. Must outlive
// the requests that entered.
class AnswerOrder {
 public:
  // The order of these calls is the order of the answers.
  void Enter(InferRequest& request);

  // Answers that are ready and wait for others.
  size_t held() const;

 private:
  class Sink;

  // A request that entered and whose answer has not left; until it is finished without its reply.
  struct Answer {
    Reply reply;
    std::vector<InferResponse> responses;
    Outcome outcome;
  };

  void Finish(uint64_t number, Answer answer);
  static void LetOut(Answer answer);

  mutable Mutex mutex_;
  std::deque<Answer> answers_ GUARDED_BY(mutex_);
  uint64_t first_ GUARDED_BY(mutex_) = 0;        // the number of the answer in front
  size_t finished_ GUARDED_BY(mutex_) = 0;       // of them all
  bool letting_out_ GUARDED_BY(mutex_) = false;  // a thread is at it: one at a time, or they would overtake
};

}  // namespace trireme
