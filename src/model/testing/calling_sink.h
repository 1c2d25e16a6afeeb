// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "model/reply.h"

namespace trireme {

// Lets a test do something at the moment when an answer comes, on its thread.
class CallingSink final : public ReplySink {
 public:
  explicit CallingSink(std::function<void()> call) : call_(std::move(call)) {}
  void Respond(InferResponse /*response*/) override {}
  void End(std::unique_ptr<ReplySink> /*self*/, Outcome /*outcome*/) override { call_(); }

 private:
  std::function<void()> call_;
};

}  // namespace trireme
