// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/grpc_handler.h"
#include "net/testing/recorded_answer.h"

namespace trireme::net {

// Takes the place of a call in a method's test and keeps what it was told.
//
//   auto answer = std::make_shared<RecordedGrpcAnswer>();
//   method.call(std::move(head), std::move(message), identity, GrpcReply(answer));
//   EXPECT_EQ(answer->status->code, GrpcCode::kOk);
//
// Not thread-safe.
class RecordedGrpcAnswer final : public GrpcWriter {
 public:
  void Send(GrpcPayload message) override {
    size_t at = 0;
    std::string whole;
    for (const GrpcPayload::Insert& insert : message.inserts) {
      whole.append(message.text, at, insert.at - at);
      whole.append(reinterpret_cast<const char*>(insert.part.bytes.data()), insert.part.bytes.size());
      at = insert.at;
    }
    messages.push_back(whole.append(message.text, at));
  }
  void Finish(GrpcStatus given) override {
    status = std::move(given);
    ++finishes;
  }
  void Pause(bool wish) override { paused = wish; }
  Executor& executor() override { return executor_; }

  std::vector<std::string> messages;
  std::optional<GrpcStatus> status;
  int finishes = 0;  // one in the end
  bool paused = false;

 private:
  ImmediateExecutor executor_;
};

}  // namespace trireme::net
