// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/http_handler.h"
#include "net/loop_executor.h"

namespace trireme::net {

class Http2Request;

// One request of a stream and the answer that it is owed, seen from the one who answers. It may outlive its stream:
// then what it is given goes nowhere.
//
// On the loop's thread only.
class Http2Exchange final : public ResponseWriter {
 public:
  Http2Exchange(std::shared_ptr<LoopExecutor> executor, Http2Request& request)
      : executor_(std::move(executor)), request_(&request) {}

  // The request is gone, or has its answer.
  void Detach() { request_ = nullptr; }

  void Send(HttpResponse response) override;
  void Begin(HttpResponse head) override;
  void Write(std::string chunk) override;
  void End() override;
  void Abort() override;
  Executor& executor() override { return *executor_; }

 private:
  const std::shared_ptr<LoopExecutor> executor_;  // shared with the loop, which may end first
  Http2Request* request_;
};

}  // namespace trireme::net
