// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "net/grpc_handler.h"
#include "net/loop_executor.h"

namespace trireme::net {

class GrpcCall;

// One call, seen from the one who answers it. It may outlive its stream: then what it is given goes nowhere.
// On the loop's thread only, but for executor().
class GrpcExchange final : public GrpcWriter {
 public:
  GrpcExchange(GrpcCall& call, std::shared_ptr<LoopExecutor> executor) : call_(&call), executor_(std::move(executor)) {}

  void Detach() { call_ = nullptr; }
  GrpcCall* call() const { return call_; }  // null once it is over

  void Send(GrpcPayload message) override;
  void Finish(GrpcStatus status) override;
  void Pause(bool paused) override;
  Executor& executor() override { return *executor_; }

 private:
  GrpcCall* call_;
  const std::shared_ptr<LoopExecutor> executor_;  // shared with the loop, which may end first
};

// Something to be told to a call on its loop, if it is still there then.
class GrpcErrand final : public Task {
 public:
  using What = void (GrpcCall::*)();

  GrpcErrand(std::shared_ptr<GrpcExchange> exchange, What what) : exchange_(std::move(exchange)), what_(what) {}
  static void Send(std::shared_ptr<GrpcExchange> exchange, What what);  // from any thread
  void Run() override;

 private:
  const std::shared_ptr<GrpcExchange> exchange_;  // shared with the call
  const What what_;
};

}  // namespace trireme::net
