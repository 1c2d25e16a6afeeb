// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/grpc_handler.h"

namespace trireme::net {

// A handler that does what a test wrote into it, and keeps what it was told. Answers nothing unless told to. Used on
// one thread.
class ScriptedGrpcHandler final : public GrpcHandler {
 public:
  GrpcPlan OnHead(const GrpcHead& head) override {
    heads.emplace_back(head.http.path);
    return plan;
  }

  void OnCall(GrpcHead head, GrpcMessage message, GrpcReply reply) override {
    messages.push_back(Text(message));
    if (on_call) return on_call(std::move(head), std::move(message), std::move(reply));
    held_heads.push_back(std::move(head));
    held_messages.push_back(std::move(message));
    held_replies.push_back(std::move(reply));
  }

  std::unique_ptr<GrpcReceiver> OnStream(GrpcHead head, GrpcReply reply) override {
    held_heads.push_back(std::move(head));
    held_replies.push_back(std::move(reply));
    return std::make_unique<Receiver>(*this);
  }

  static std::string Text(const GrpcMessage& message) {
    return {reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()};
  }

  GrpcPlan plan{.max_message_bytes = 64 << 20};
  std::function<void(GrpcHead, GrpcMessage, GrpcReply)> on_call;
  std::function<void(const std::string&)> on_message;  // of a stream
  std::function<void()> on_end;

  std::vector<std::string> heads;     // paths
  std::vector<std::string> messages;  // of calls and streams
  int ends = 0;                       // of streams
  int receivers_destroyed = 0;
  std::vector<GrpcHead> held_heads;
  std::vector<GrpcMessage> held_messages;
  std::vector<GrpcReply> held_replies;

 private:
  class Receiver final : public GrpcReceiver {
   public:
    explicit Receiver(ScriptedGrpcHandler& handler) : handler_(handler) {}
    ~Receiver() override { ++handler_.receivers_destroyed; }
    void OnMessage(GrpcMessage message) override {
      handler_.messages.push_back(Text(message));
      if (handler_.on_message) handler_.on_message(handler_.messages.back());
    }
    void OnEnd() override {
      ++handler_.ends;
      if (handler_.on_end) handler_.on_end();
    }

   private:
    ScriptedGrpcHandler& handler_;
  };
};

}  // namespace trireme::net
