// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "base/status.h"
#include "base/task.h"
#include "engine/engine.h"
#include "model/infer_request.h"

namespace trireme {

// Goes on with a call on its loop, as `next(std::move(call), status)`, once it is known what its model takes: here and
// now if it is. Of a model on demand that nobody has looked into yet, when that is in memory, or why it is not.
template <typename Call, typename Next>
void ContinueWhenKnown(Engine& engine, InferRequest& request, Executor& loop, std::unique_ptr<Call> call,
                       Next next) {
  if (engine.FindSignature(request.model, request.version) != nullptr) return next(std::move(call), Status());
  class OnLoop final : public Task {
   public:
    OnLoop(std::unique_ptr<Call> held, Next then, Status known)
        : call_(std::move(held)), next_(std::move(then)), status_(std::move(known)) {}
    void Run() override {
      const std::unique_ptr<OnLoop> self(this);
      next_(std::move(call_), std::move(status_));
    }

   private:
    std::unique_ptr<Call> call_;
    Next next_;
    Status status_;
  };
  request.stages.awaited = Clock::System().Now();
  const auto waiting = std::make_shared<std::unique_ptr<Call>>(std::move(call));  // a callback is copied
  engine.WhenLoaded(request.model, request.version, request.deadline, [waiting, next, &loop](Status status) {
    auto on_loop = std::make_unique<OnLoop>(std::move(*waiting), next, std::move(status));
    if (loop.OnThread()) {
      on_loop.release()->Run();
    } else {
      loop.Post(on_loop.release());
    }
  });
}

}  // namespace trireme
