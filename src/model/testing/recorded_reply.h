// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "model/reply.h"

namespace trireme {

// What a request was answered, for tests: MakeReply() once, then look or wait. Thread-safe.
class RecordedReply {
 public:
  Reply MakeReply() const { return Reply(std::make_unique<Sink>(state_)); }

  // Blocks until the request is finished.
  Outcome Wait() const {
    const MutexLock lock(state_->mutex);
    while (!state_->outcome) state_->changed.Wait(state_->mutex);
    return *state_->outcome;
  }

  bool finished() const {
    const MutexLock lock(state_->mutex);
    return state_->outcome.has_value();
  }

  // Responses before the last.
  size_t partial_responses() const {
    const MutexLock lock(state_->mutex);
    return state_->responses.size();
  }

  std::vector<InferResponse> responses() const {
    const MutexLock lock(state_->mutex);
    return state_->responses;
  }

  // Blocks until so many responses have come.
  void WaitForResponses(size_t count) const {
    const MutexLock lock(state_->mutex);
    while (state_->responses.size() < count) state_->changed.Wait(state_->mutex);
  }

  int finishes() const {
    const MutexLock lock(state_->mutex);
    return state_->finishes;
  }

 private:
  struct State {
    Mutex mutex;
    CondVar changed;
    std::vector<InferResponse> responses GUARDED_BY(mutex);
    std::optional<Outcome> outcome GUARDED_BY(mutex);
    int finishes GUARDED_BY(mutex) = 0;
  };

  class Sink final : public ReplySink {
   public:
    explicit Sink(std::shared_ptr<State> state) : state_(std::move(state)) {}

    void Respond(InferResponse response) override {
      const MutexLock lock(state_->mutex);
      state_->responses.push_back(std::move(response));
      state_->changed.NotifyAll();
    }
    void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
      const MutexLock lock(state_->mutex);
      state_->outcome = std::move(outcome);
      ++state_->finishes;
      state_->changed.NotifyAll();
    }

   private:
    std::shared_ptr<State> state_;  // shared with the test, which may look after the sink is gone
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();  // shared with the sink
};

}  // namespace trireme
