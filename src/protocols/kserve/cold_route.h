// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "dialect/content_coding.h"
#include "dialect/dialect.h"
#include "net/http_handler.h"
#include "net/http_message.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

inline constexpr uint64_t kMaxColdBytes = 64 << 10;  // of a body that is read on the loop

// A small request that is answered at once, on the loop.
struct ColdRequest {
  std::string_view body;  // inflated; empty for a GET
  const PathArguments& path;
  const Identity& identity;
};

// A route off the request path: reads a body of at most kMaxColdBytes, compressed or not, and sends the answer as its
// client wants it. `services` must outlive the route.
Route ColdRoute(const InferServices& services, std::string method, std::string pattern, Operation operation,
                std::function<net::HttpResponse(const ColdRequest&)> answer);

// Before a body is read: a refusal if it is coded in a way that nobody here reads.
net::BodyPlan PlanCodedBody(const net::HttpRequest& head);
// The same for a body of at most kMaxColdBytes.
net::BodyPlan PlanColdBody(const net::HttpRequest& head);

// Sends an answer in the coding that its client wants; a large one is compressed on a codec worker. On the loop.
void SendCompressed(const InferServices& services, net::HttpReply reply, net::HttpResponse response,
                    std::optional<ContentCoding> wanted);

// 200 or another number, without a body.
net::HttpResponse EmptyResponse(int status = 200);

}  // namespace trireme::kserve
