// SPDX-License-Identifier: Apache-2.0
#include "net/http2_outbox.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

namespace trireme::net {
namespace {

BodyPart Part(std::string text) {
  const auto owner = std::make_shared<const std::string>(std::move(text));
  return {.bytes = std::as_bytes(std::span(*owner)), .keep_alive = owner};
}

// What a queue would send.
std::string Sent(OutputQueue& queue) {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  PlainTransport near{FileDescriptor(ends[0])};
  PlainTransport far{FileDescriptor(ends[1])};
  std::string all;
  size_t bytes = 0;
  std::array<char, 4096> room;
  while (true) {
    EXPECT_NE(queue.SendTo(near, bytes), OutputQueue::Sent::kBroken);
    const Transport::Moved got = far.Read(room);
    if (got.io != Transport::Io::kDone) return all;
    all.append(room.data(), got.bytes);
  }
}

TEST(Http2OutboxTest, PutsInsertsWhereTheyBelong) {
  GrpcPayload data{.text = "abcdef", .inserts = {}};
  data.inserts.push_back({.at = 0, .part = Part("0")});
  data.inserts.push_back({.at = 2, .part = Part("11")});
  data.inserts.push_back({.at = 6, .part = Part("222")});
  Http2Outbox outbox;
  outbox.Push(std::move(data));
  EXPECT_EQ(outbox.bytes(), 12u);
  OutputQueue output;
  outbox.MoveTo(output, 12);
  EXPECT_EQ(Sent(output), "0ab11cdef222");
}

TEST(Http2OutboxTest, ComesOutInFramesOfAnySize) {
  std::string expected;
  Http2Outbox outbox;
  OutputQueue output;
  for (size_t frame = 1; frame < 20'000; frame = frame * 3 + 1) {
    for (const size_t size : {size_t{10}, size_t{5000}, size_t{100}}) {
      const std::string text(size, static_cast<char>('a' + frame % 26));
      GrpcPayload data{.text = text, .inserts = {}};
      data.inserts.push_back({.at = size / 2, .part = Part(std::string(size, '#'))});
      expected += text.substr(0, size / 2) + std::string(size, '#') + text.substr(size / 2);
      outbox.Push(std::move(data));
    }
    while (outbox.bytes() > 0) outbox.MoveTo(output, std::min(frame, outbox.bytes()));
  }
  EXPECT_EQ(Sent(output), expected);
}

TEST(Http2OutboxTest, LetsGoOfWhatIsSent) {
  const auto owner = std::make_shared<const std::string>(10'000, 'x');
  GrpcPayload data;
  data.inserts.push_back({.at = 0, .part = {.bytes = std::as_bytes(std::span(*owner)), .keep_alive = owner}});
  Http2Outbox outbox;
  outbox.Push(std::move(data));
  OutputQueue output;
  outbox.MoveTo(output, 10'000);
  output.Clear();
  EXPECT_EQ(owner.use_count(), 1);
  EXPECT_EQ(outbox.bytes(), 0u);
}

}  // namespace
}  // namespace trireme::net
