// SPDX-License-Identifier: Apache-2.0
// A client that says anything at all behind the preface, and a handler that answers in every way.
//
// The first byte says how the rest is meant: even, as it is; odd, as frames whose lengths are right: type, flags,
// stream and the payload's length in a byte each, then the payload. Its other bits say into what pieces the bytes are
// cut, and whether the client reads.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/testing/scripted_handler.h"
#include "net/testing/test_http2_client.h"

namespace {

using namespace trireme::net;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string Frames(std::string_view script) {
  std::string frames;
  while (script.size() >= 4) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(script[i]); };
    const std::string_view payload = script.substr(4, byte(3));
    frames += RawFrame(byte(0), byte(1), byte(2), payload);
    script.remove_prefix(4 + payload.size());
  }
  return frames;
}

// One that answers by what the path's length says: at once, in pieces, later, never.
class VariedHandler {
 public:
  VariedHandler() {
    handler_.plan = [](const HttpRequest& head) {
      BodyPlan plan{.max_bytes = 10'000, .align_at = head.path.size()};
      if (head.path.size() % 7 == 6) plan.refusal = HttpResponse{.status = 404};
      return plan;
    };
    handler_.answer = [this](HttpRequest request, HttpReply reply) { Answer(std::move(request), std::move(reply)); };
  }

  void AnswerLate() {
    for (HttpReply& reply : late_) reply.Send({.status = 200, .body = std::string(3000, 'x')});
    late_.clear();
  }

  ScriptedHandler& handler() { return handler_; }

 private:
  void Answer(HttpRequest request, HttpReply reply) {
    switch (request.path.size() % 7) {
      case 0:
        return reply.Send({.status = 204});
      case 1: {
        HttpResponse echo;
        echo.parts.push_back({.bytes = request.body, .keep_alive = request.storage});
        return reply.Send(std::move(echo));
      }
      case 2:
        return reply.Send({.status = 200, .body = std::string(200'000, 'x')});
      case 3:
        reply.Begin({.status = 200});
        reply.Write(std::string(30'000, 'y'));
        return reply.End();
      case 4:
        reply.Begin({.status = 200});
        return;  // and is forgotten
      default:
        late_.push_back(std::move(reply));
    }
  }

  ScriptedHandler handler_;
  std::vector<HttpReply> late_;
};

void Drop(const FileDescriptor& socket) {
  std::array<char, 64 << 10> room;
  while (recv(socket.get(), room.data(), room.size(), MSG_DONTWAIT) > 0) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t how = data[0];
  const std::string_view given(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string bytes = std::string(kPreface) + RawFrame(NGHTTP2_SETTINGS, 0, 0, "") +
                            ((how & 1) != 0 ? Frames(given) : std::string(given));
  const size_t piece = (how & 2) != 0 ? 1 + (how >> 3) : bytes.size();
  const bool reads = (how & 4) == 0;

  VariedHandler handler;
  Http2TestLoop loop(Reception{.http = &handler.handler()});
  FileDescriptor socket = loop.Connect();
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const size_t count = std::min(piece, bytes.size() - at);
    if (send(socket.get(), bytes.data() + at, count, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) break;
    loop.Turn();
    if (reads) Drop(socket);
    if (at % 64 == 0) handler.AnswerLate();
  }
  handler.AnswerLate();
  loop.Turn();
  loop.Advance(std::chrono::seconds(30));
  loop.loop().Drain();
  loop.Turn();
  Drop(socket);
  socket.Close();
  for (int i = 0; i < 4; ++i) loop.Advance(std::chrono::seconds(40));
  CHECK(loop.counters().connections_open == 0);
  return 0;
}
