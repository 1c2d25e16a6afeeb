// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/http_handler.h"
#include "net/loop_executor.h"

namespace trireme::net {

class Http1Connection;

// One request and the answer that it is owed, seen from the one who answers. It may outlive its connection: then what
// it is given goes nowhere.
//
// On the loop's thread only. A connection uses one exchange after the other, and the same one again if nobody else
// holds it.
class Http1Exchange final : public ResponseWriter {
 public:
  explicit Http1Exchange(std::shared_ptr<LoopExecutor> executor) : executor_(std::move(executor)) {}

  // Until Detach(), what is said here is the connection's answer.
  void Attach(Http1Connection& connection) { connection_ = &connection; }
  void Detach() { connection_ = nullptr; }

  void Send(HttpResponse response) override;
  void Begin(HttpResponse head) override;
  void Write(std::string chunk) override;
  void End() override;
  void Abort() override;
  Executor& executor() override { return *executor_; }

 private:
  const std::shared_ptr<LoopExecutor> executor_;  // shared with the loop, which may end first
  Http1Connection* connection_ = nullptr;
};

}  // namespace trireme::net
