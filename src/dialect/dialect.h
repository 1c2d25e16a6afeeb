// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/authoriser.h"
#include "access/operation.h"
#include "base/status.h"
#include "net/grpc_handler.h"
#include "net/http_handler.h"
#include "net/http_message.h"

namespace trireme {

// What a pattern's placeholders matched. Views into the request.
struct PathArguments {
  std::string_view model;
  std::string_view version;  // digits, a label, any text where the pattern says so, or empty
  std::string_view region;   // of shared memory
};

// One path of a protocol: what it is called, what it does, and who answers.
//
// A pattern is a path whose segments may be `{model}` or `{region}` (any name) or `{version}` (digits or a label):
// "/v2/models/{model}/infer". Where a protocol's versions are any text it is `{any_version}`; `{rest}` at the end is
// all that follows, one segment at least; and behind a placeholder may stand what its segment ends with:
// "{model}:predict".
struct Route {
  std::string method;  // "GET", "POST"; "*": any
  std::string pattern;
  Operation operation;
  // On the loop's thread, after authorisation; see HttpHandler::OnRequest.
  std::function<void(net::HttpRequest, const PathArguments&, const Identity&, net::HttpReply)> handle;
  // Optional: where in the body tensors begin (BodyPlan::align_at); a refusal if the head is already wrong.
  std::function<net::BodyPlan(const net::HttpRequest& head)> plan_body = nullptr;
};

// One method of a gRPC service. The front asks for the key before the first message, and for the model before each: it
// reads the model's name out of the message itself, so that no method can forget to ask.
struct GrpcMethod {
  std::string path;  // "/inference.GRPCInferenceService/ModelInfer"
  Operation operation;
  int model_field = 0;  // number of the message's string field that names the model; 0: it names none
  // The messages in the message that this field is in, by their numbers, the outermost first; 0: no further one. Where
  // one of them is a list, the method itself must refuse a list that names several models.
  std::array<int, 2> model_within = {};
  uint64_t max_message_bytes = 0;                                      // 0: the server's bound
  size_t (*align_at)(std::span<const std::byte> beginning) = nullptr;  // net::GrpcPlan::align_at

  // One of the two, on the loop's thread, after authorisation. `call`: the client sends one message.
  std::function<void(net::GrpcHead, net::GrpcMessage, const Identity&, net::GrpcReply)> call = nullptr;
  // `stream`: it sends a stream of them.
  std::function<std::unique_ptr<net::GrpcReceiver>(net::GrpcHead, const Identity&, net::GrpcReply)> stream = nullptr;
};

// A protocol as a listener is given it: its routes and methods, and how it says that something went wrong before one of
// them was reached.
struct Dialect {
  std::string name;  // "kserve"
  std::vector<Route> routes;
  std::function<net::HttpResponse(const Status&)> error;
  std::vector<GrpcMethod> methods = {};
  // Optional: the same where a path exists and the method does not; `allowed_methods` as in "GET, POST".
  std::function<net::HttpResponse(std::string_view allowed_methods)> no_such_method = nullptr;
  bool takes_trailing_slash = false;  // "/models/" is "/models"
};

// The one table from our codes to gRPC's.
net::GrpcStatus ToGrpcStatus(const Status& status);

}  // namespace trireme
