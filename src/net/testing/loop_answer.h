// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/http_handler.h"
#include "net/loop_executor.h"
#include "net/testing/recorded_answer.h"

namespace trireme::net {

// An answer on a loop that the test turns itself.
class LoopAnswer final : public ResponseWriter {
 public:
  explicit LoopAnswer(std::shared_ptr<LoopExecutor> loop) : loop_(std::move(loop)) {}

  void Send(HttpResponse response) override { recorded.Send(std::move(response)); }
  void Begin(HttpResponse head) override { recorded.Begin(std::move(head)); }
  void Write(std::string chunk) override { recorded.Write(std::move(chunk)); }
  void End() override { recorded.End(); }
  void Abort() override { recorded.Abort(); }
  Executor& executor() override { return *loop_; }

  RecordedAnswer recorded;

 private:
  const std::shared_ptr<LoopExecutor> loop_;  // shared with the test
};

}  // namespace trireme::net
