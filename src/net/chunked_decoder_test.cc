// SPDX-License-Identifier: Apache-2.0
#include "net/chunked_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trireme::net {
namespace {

using State = ChunkedDecoder::State;

struct Decoded {
  State state = State::kNeedsMore;
  std::string body;
  size_t consumed = 0;
  HttpError error;
};

// Shows the decoder `bytes`, growing by `step` bytes at a time.
Decoded Decode(std::string_view bytes, uint64_t max_body_bytes = 1 << 20, size_t step = SIZE_MAX) {
  ChunkedDecoder decoder(max_body_bytes);
  Decoded decoded;
  size_t shown = std::min(step, bytes.size());
  while (true) {
    const auto next = decoder.Next(bytes.substr(decoded.consumed, shown - decoded.consumed));
    decoded.consumed += next.consumed;
    decoded.body += next.data;
    decoded.state = next.state;
    if (next.state == State::kData) continue;
    if (next.state != State::kNeedsMore || shown == bytes.size()) break;
    shown = std::min(shown + step, bytes.size());
  }
  decoded.error = decoder.error();
  return decoded;
}

constexpr std::string_view kTwoChunks =
    "5\r\nhello\r\n00A;x=\"y \\\"z\";v;w=u\r\n, wide wor\r\n0;last\r\nDigest: abc\r\n\r\n";

TEST(ChunkedDecoder, JoinsChunksAndDropsExtensionsAndTrailers) {
  const Decoded decoded = Decode(std::string(kTwoChunks) + "GET");
  EXPECT_EQ(decoded.state, State::kDone);
  EXPECT_EQ(decoded.body, "hello, wide wor");
  EXPECT_EQ(decoded.consumed, kTwoChunks.size());
}

TEST(ChunkedDecoder, ReadsTheSameHoweverItIsCut) {
  for (size_t step = 1; step < kTwoChunks.size(); ++step) {
    const Decoded decoded = Decode(kTwoChunks, 100, step);
    EXPECT_EQ(decoded.state, State::kDone) << step;
    EXPECT_EQ(decoded.body, "hello, wide wor") << step;
  }
}

TEST(ChunkedDecoder, RefusesCrookedFraming) {
  for (const std::string crooked : {"\r\n",
                                    " 5\r\nhello\r\n",
                                    "5 \r\nhello\r\n",
                                    "+5\r\nhello\r\n",
                                    "-1\r\n",
                                    "0x5\r\nhello\r\n",
                                    "g\r\n",
                                    ";a\r\n",
                                    "5\nhello\r\n",
                                    "5\r\nhello\n",
                                    "5\r\nhelloX\r\n",
                                    "5\r\nhello\rX",
                                    "5\rX\nhello",
                                    "5;a\x01\r\n",
                                    "5;\r\n",
                                    "5;a=\r\n",
                                    "5; a\r\n",
                                    "5;a=\"b\r\n",
                                    "5;a=\"b\\\r\n",
                                    "0\r\nContent-Length: 5\r\n\r\n",
                                    "0\r\ntransfer-encoding: chunked\r\n\r\n",
                                    "00000000000000005\r\n",
                                    "0\r\n: a\r\n\r\n",
                                    "0\r\nA : b\r\n\r\n",
                                    "0\r\n a\r\n\r\n",
                                    "0\r\n\n",
                                    "0\r\nA: b\n\r\n",
                                    "0\r\nA: \rb\r\n\r\n"}) {
    const Decoded decoded = Decode(crooked);
    EXPECT_EQ(decoded.state, State::kFailed) << crooked;
    EXPECT_EQ(decoded.error.status, 400) << crooked;
  }
}

TEST(ChunkedDecoder, RefusesABodyAboveItsBoundWhenTheSizeIsAnnounced) {
  EXPECT_EQ(Decode("5\r\nhello\r\n0\r\n\r\n", 5).state, State::kDone);
  EXPECT_EQ(Decode("6\r\n", 5).error.status, 413);
  EXPECT_EQ(Decode("5\r\nhello\r\n1\r\n", 5).error.status, 413);
  EXPECT_EQ(Decode("5\r\nhello\r\nffffffffffffffff\r\n", 1000).error.status, 413);
}

TEST(ChunkedDecoder, RefusesMoreChunksThanItsBound) {
  std::string body;
  for (size_t i = 0; i < ChunkedDecoder::kMaxChunks; ++i) body += "1\r\na\r\n";
  EXPECT_EQ(Decode(body + "0\r\n\r\n").state, State::kDone);
  EXPECT_EQ(Decode(body + "1\r\na\r\n0\r\n\r\n").error.status, 400);
}

TEST(ChunkedDecoder, BoundsExtensions) {
  const std::string fits = "1;" + std::string(ChunkedDecoder::kMaxSizeLineBytes - 4, 'x');
  EXPECT_EQ(Decode(fits + "\r\na\r\n0\r\n\r\n").state, State::kDone);
  EXPECT_EQ(Decode(fits + "x\r\na\r\n0\r\n\r\n").error.status, 400);
  EXPECT_EQ(Decode(fits + "xxxxxxx").error.status, 400) << "without waiting for the line's end";
}

TEST(ChunkedDecoder, BoundsTrailers) {
  const std::string trailer = "A: " + std::string(ChunkedDecoder::kMaxTrailerBytes / 2, 'x') + "\r\n";
  EXPECT_EQ(Decode("0\r\n" + trailer + "\r\n").state, State::kDone);
  EXPECT_EQ(Decode("0\r\n" + trailer + trailer + "\r\n").error.status, 431);
  EXPECT_EQ(Decode("0\r\n" + std::string(5000, 'x')).error.status, 431) << "without waiting for the line's end";
}

}  // namespace
}  // namespace trireme::net
