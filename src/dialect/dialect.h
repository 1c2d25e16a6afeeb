// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/authoriser.h"
#include "access/operation.h"
#include "base/status.h"
#include "net/http_handler.h"
#include "net/http_message.h"

namespace trireme {

// What a pattern's placeholders matched. Views into the request.
struct PathArguments {
  std::string_view model;
  std::string_view version;  // digits, or empty
};

// One path of a protocol: what it is called, what it does, and who answers.
//
// A pattern is a path whose segments may be `{model}` (any name) or `{version}` (digits): "/v2/models/{model}/infer".
struct Route {
  std::string method;  // "GET", "POST"
  std::string pattern;
  Operation operation;
  // On the loop's thread, after authorisation; see HttpHandler::OnRequest.
  std::function<void(net::HttpRequest, const PathArguments&, const Identity&, net::HttpReply)> handle;
  // Optional: where in the body tensors begin (BodyPlan::align_at); a refusal if the head is already wrong.
  std::function<net::BodyPlan(const net::HttpRequest& head)> plan_body = nullptr;
};

// A protocol as a listener is given it: its routes, and how it says that something went wrong before a route was
// reached.
struct Dialect {
  std::string name;  // "kserve"
  std::vector<Route> routes;
  std::function<net::HttpResponse(const Status&)> error;
};

}  // namespace trireme
