// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/http_handler.h"

namespace trireme::net {

// A loop that is always here: what is posted runs at once, on the thread that posts.
class ImmediateExecutor final : public Executor {
 public:
  void Post(Task* task) override { task->Run(); }
  bool OnThread() const override { return true; }
};

// Takes the place of a connection in a handler's test and keeps what it was told.
//
//   auto answer = std::make_shared<RecordedAnswer>();
//   handler.OnRequest(std::move(request), HttpReply(answer));
//   EXPECT_EQ(answer->response.status, 200);
//
// Not thread-safe.
class RecordedAnswer final : public ResponseWriter {
 public:
  void Send(HttpResponse given) override {
    response = std::move(given);
    ends += 1;
  }
  void Begin(HttpResponse head) override { response = std::move(head); }
  void Write(std::string chunk) override { chunks.push_back(std::move(chunk)); }
  void End() override { ends += 1; }
  void Abort() override { aborted = true; }
  Executor& executor() override { return executor_; }

  // The body with its parts.
  std::string body() const {
    std::string whole = response.body;
    for (const BodyPart& part : response.parts) {
      whole.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
    }
    return whole;
  }

  HttpResponse response;            // of Send() or Begin()
  std::vector<std::string> chunks;  // of Write()
  int ends = 0;                     // of Send() and End(): one in the end
  bool aborted = false;

 private:
  ImmediateExecutor executor_;
};

}  // namespace trireme::net
