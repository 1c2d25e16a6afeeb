// SPDX-License-Identifier: Apache-2.0
#include "net/response_encoder.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme::net {
namespace {

const TimePoint kNow{std::chrono::hours(1)};

std::string Head(const HttpResponse& response, const ResponseFraming& framing) {
  ResponseEncoder encoder("");
  std::string head(encoder.Head(response, framing, kNow));
  const size_t date = head.find("Date: ");
  head.erase(date, head.find("\r\n", date) + 2 - date);
  return head;
}

TEST(HttpDate, IsSpelledAsTheStandardSays) {
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(ResponseEncoder, WritesStatusHeadersAndLength) {
  const HttpResponse response{.status = 429, .headers = {{"Retry-After", "1"}}};
  EXPECT_EQ(Head(response, {.length = 12}),
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 12\r\n\r\n");
}

TEST(ResponseEncoder, SaysHowTheBodyAndTheConnectionEnd) {
  EXPECT_EQ(Head({}, {.body = BodyFraming::kChunked}), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(Head({}, {.body = BodyFraming::kUntilClose, .to_http_1_0 = true, .close = true}),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(Head({}, {.to_http_1_0 = true}), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(ResponseEncoder, GivesNoLengthWhereThereIsNoBody) {
  for (const int status : {204, 304}) {
    EXPECT_EQ(Head({.status = status}, {}).find("Content-Length"), std::string::npos);
  }
}

TEST(ResponseEncoder, LetsNoHeaderBeginAnother) {
  const HttpResponse response{.headers = {{"X\r\nY", std::string("a\r\nSet-Cookie: b\0c", 18)}}};
  EXPECT_EQ(Head(response, {}), "HTTP/1.1 200 OK\r\nX  Y: a  Set-Cookie: b c\r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseEncoder, NamesTheServer) {
  ResponseEncoder encoder("trireme");
  EXPECT_NE(encoder.Head({}, {}, kNow).find("\r\nServer: trireme\r\n"), std::string_view::npos);
}

}  // namespace
}  // namespace trireme::net
