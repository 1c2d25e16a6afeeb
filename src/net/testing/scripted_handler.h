// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "net/http_handler.h"

namespace trireme::net {

// A handler that does what a test wrote into it. It echoes a request's body if nobody said otherwise. Used on one
// thread.
class ScriptedHandler final : public HttpHandler {
 public:
  BodyPlan OnHead(const HttpRequest& head) override {
    heads.emplace_back(head.target);
    return plan(head);
  }
  void OnRequest(HttpRequest request, HttpReply reply) override {
    requests.emplace_back(request.target);
    answer(std::move(request), std::move(reply));
  }

  // Keeps requests and replies, for the test to answer.
  void HoldAnswers() {
    answer = [this](HttpRequest request, HttpReply reply) {
      held_requests.push_back(std::move(request));
      held_replies.push_back(std::move(reply));
    };
  }

  std::function<BodyPlan(const HttpRequest&)> plan = [](const HttpRequest&) {
    return BodyPlan{.refusal = std::nullopt, .max_bytes = 64 << 20, .align_at = 0};
  };
  std::function<void(HttpRequest, HttpReply)> answer = [](HttpRequest request, HttpReply reply) {
    HttpResponse echo;
    echo.parts.push_back({.bytes = request.body, .keep_alive = request.storage});
    reply.Send(std::move(echo));
  };

  std::vector<std::string> heads;     // targets, as they came
  std::vector<std::string> requests;  // targets of those that came whole
  std::vector<HttpRequest> held_requests;
  std::vector<HttpReply> held_replies;
};

}  // namespace trireme::net
