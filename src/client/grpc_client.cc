// SPDX-License-Identifier: Apache-2.0
#include "client/grpc_client.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "client/grpc_connection.h"

namespace trireme::client {
namespace {

// What the one call on a connection brings.
class Answer final : public GrpcListener {
 public:
  void OnMessage(size_t /*call*/, std::string_view message, uint64_t /*bytes*/) override { message_ = message; }
  void OnEnd(size_t /*call*/, const GrpcEnd& end) override { end_ = end; }

  bool is_over() const { return end_.has_value(); }
  bool is_ok() const { return end_.has_value() && end_->code == net::GrpcCode::kOk; }
  Result<std::string> Take() && {
    if (end_->code != net::GrpcCode::kOk) return StatusOf(*end_);
    if (!message_) return Internal("the server answered OK without a message");
    return *std::move(message_);
  }

 private:
  std::optional<std::string> message_;
  std::optional<GrpcEnd> end_;
};

Result<std::string> CallOnce(const GrpcRequest& request) {
  const TimePoint deadline = Clock::System().Now() + request.timeout;
  ASSIGN_OR_RETURN(const Endpoint endpoint, Resolve(request.url, request.tls));
  const GrpcHead head = PrepareCall(request.url, request.method, request.timeout, request.metadata);
  const std::string prefix = GrpcPrefix(request.message.size());
  Answer answer;
  GrpcConnection connection({.calls = 1, .max_message_bytes = request.max_message_bytes}, answer);
  RETURN_IF_ERROR(connection.Open(endpoint));
  connection.Start(0, head);
  connection.Send(0, {.head = prefix, .body = request.message}, /*last=*/true);
  std::array<char, 64 << 10> scratch;
  connection.Flush();
  while (!answer.is_over()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::System().Now());
    if (left.count() <= 0) {
      return DeadlineExceeded("no answer within " + std::to_string(request.timeout.count()) + " ms");
    }
    pollfd ready = {.fd = connection.fd(), .events = POLLIN, .revents = 0};
    if (connection.WantsWrite()) ready.events |= POLLOUT;
    poll(&ready, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
    // What cut the connection off says more than the call's status.
    if (!connection.Drive(scratch) && !answer.is_ok()) return connection.error();
  }
  return std::move(answer).Take();
}

}  // namespace

Result<std::string> CallGrpc(const GrpcRequest& request) {
  Result<std::string> answer = CallOnce(request);
  if (answer.ok()) return answer;
  return std::move(answer).status().Within(request.url.Authority() + std::string(request.method));
}

}  // namespace trireme::client
