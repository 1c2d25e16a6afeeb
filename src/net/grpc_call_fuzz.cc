// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as what a client says in a gRPC call, whole and in pieces: messages and status must be the same, what
// is consumed must be what came, and nothing is said after the end.
//
// The first byte chooses: 1 a stream of messages, 2 gzip, 4 deflate, 8 pauses, 16 workers, 32 the client breaks off.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "net/testing/fake_http2_stream.h"
#include "net/testing/scripted_grpc_handler.h"

namespace {

using namespace trireme::net;

struct Outcome {
  std::vector<std::string> messages;
  int status = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome Play(uint8_t mode, std::string_view bytes, size_t at_most) {
  std::vector<std::function<void()>> jobs;
  NetOptions options;
  if ((mode & 16) != 0) {
    options.offload = [&jobs](std::function<void()> job) {
      jobs.push_back(std::move(job));
      return true;
    };
  }
  FakeHttp2Connection connection(std::move(options));
  ScriptedGrpcHandler handler;
  handler.plan.streams = (mode & 1) != 0;
  handler.plan.max_message_bytes = 1 << 20;
  handler.plan.align_at = [](std::span<const std::byte> beginning) {
    CHECK(!beginning.empty());
    return std::to_integer<size_t>(beginning.front());
  };
  if ((mode & 8) != 0) handler.on_message = [&](const std::string&) { handler.held_replies.front().Pause(true); };
  FakeHttp2Stream stream(connection);
  const char* encoding = (mode & 2) != 0 ? "gzip" : (mode & 4) != 0 ? "deflate" : "identity";
  stream.Open(handler, FakeHttp2Stream::Head({{"grpc-encoding", encoding}}));

  const auto settle = [&] {
    size_t before = 0;
    do {
      before = handler.messages.size();
      for (const auto& job : std::exchange(jobs, {})) job();
      if (!handler.held_replies.empty()) handler.held_replies.front().Pause(false);
      connection.Turn();
    } while (!jobs.empty() || handler.messages.size() > before);
  };
  size_t sent = 0;
  while (sent < bytes.size()) {
    const std::string_view piece = bytes.substr(sent, at_most);
    stream.Data(piece);
    sent += piece.size();
    if (sent % 3 == 0) settle();
  }
  if ((mode & 32) != 0) {
    stream.Gone();
    settle();
    return {};
  }
  stream.End();
  settle();
  CHECK(stream.consumed == sent);
  for (GrpcReply& reply : handler.held_replies) {
    if (reply) reply.Finish(GrpcStatus());
  }
  CHECK(stream.words_after_end == 0);
  CHECK(stream.ended);
  return {handler.messages, stream.grpc_status()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Outcome whole = Play(data[0], bytes, SIZE_MAX);
  const Outcome pieces = Play(data[0], bytes, 1 + size % 7);
  CHECK(whole == pieces);
  return 0;
}
