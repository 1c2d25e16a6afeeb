// SPDX-License-Identifier: Apache-2.0
#include "client/http_response_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::client {
namespace {

using Event = HttpResponseParser::Event;
using testing::HasSubstr;

struct Outcome {
  Event end = Event::kNeedMore;
  int status = 0;
  std::string body;
  std::string left;  // of the last input

  bool operator==(const Outcome&) const = default;
};

// Feeds the text in pieces of this size, then, if the response is not complete, the end of the connection.
Outcome Read(HttpResponseParser& parser, std::string_view text, size_t piece_bytes = 1 << 20) {
  Outcome outcome;
  while (outcome.end == Event::kNeedMore) {
    std::string_view input = text.substr(0, piece_bytes);
    text.remove_prefix(input.size());
    if (input.empty()) {
      outcome.end = parser.Close();
      break;
    }
    Event event;
    while ((event = parser.Next(input)) == Event::kHead || event == Event::kBody) {
      if (event == Event::kBody) outcome.body += parser.piece();
    }
    outcome.end = event;
    outcome.left = input;
  }
  outcome.status = parser.status();
  return outcome;
}

Outcome Read(std::string_view text) {
  HttpResponseParser parser;
  return Read(parser, text);
}

constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n \r\n0A\r\n0123456789\r\n0\r\nT: "
    "1\r\n\r\n";

TEST(HttpResponseParserTest, ReadsABodyOfAnnouncedLength) {
  HttpResponseParser parser;
  const Outcome outcome = Read(parser, "HTTP/1.1 404 Not Found\r\nX-Y:  z \r\nContent-Length: 3\r\n\r\nabcHTTP");
  EXPECT_EQ(outcome, (Outcome{Event::kEnd, 404, "abc", "HTTP"}));
  EXPECT_EQ(parser.Find("x-y"), "z");
  EXPECT_EQ(parser.Find("y"), std::nullopt);
  EXPECT_TRUE(parser.keeps_alive());
}

TEST(HttpResponseParserTest, ReadsChunks) {
  EXPECT_EQ(Read(kChunked), (Outcome{Event::kEnd, 200, "hello 0123456789", ""}));
}

TEST(HttpResponseParserTest, DoesNotCareHowTheBytesAreCut) {
  for (const std::string_view text :
       {kChunked, std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\nhello 0123456789")}) {
    for (size_t piece = 1; piece < 40; ++piece) {
      HttpResponseParser parser;
      EXPECT_EQ(Read(parser, text, piece), (Outcome{Event::kEnd, 200, "hello 0123456789", ""})) << piece;
    }
  }
}

TEST(HttpResponseParserTest, ReadsToTheEndOfTheConnectionWithoutALength) {
  HttpResponseParser parser;
  EXPECT_EQ(Read(parser, "HTTP/1.0 200 OK\r\n\r\nabc"), (Outcome{Event::kEnd, 200, "abc", ""}));
  EXPECT_FALSE(parser.keeps_alive());
}

TEST(HttpResponseParserTest, PassesOverInterimResponses) {
  EXPECT_EQ(Read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            (Outcome{Event::kEnd, 200, "", ""}));
}

TEST(HttpResponseParserTest, ExpectsNoBodyWhereThereIsNone) {
  EXPECT_EQ(Read("HTTP/1.1 204 No Content\r\n\r\n").end, Event::kEnd);
  HttpResponseParser parser;
  parser.Reset(/*to_head=*/true);
  EXPECT_EQ(Read(parser, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"), (Outcome{Event::kEnd, 200, "", ""}));
}

TEST(HttpResponseParserTest, SaysWhenTheServerWillClose) {
  HttpResponseParser parser;
  Read(parser, "HTTP/1.1 200 OK\r\nConnection: x , CLOSE\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(parser.keeps_alive());
}

TEST(HttpResponseParserTest, ReadsOneResponseAfterTheOther) {
  HttpResponseParser parser;
  std::string_view input = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 201 OK\r\nContent-Length: 1\r\n\r\nb";
  EXPECT_EQ(parser.Next(input), Event::kHead);
  EXPECT_EQ(parser.Next(input), Event::kBody);
  EXPECT_EQ(parser.Next(input), Event::kEnd);
  parser.Reset();
  EXPECT_EQ(Read(parser, input), (Outcome{Event::kEnd, 201, "b", ""}));
}

TEST(HttpResponseParserTest, RefusesWhatIsNotHttp) {
  for (const char* text : {
           "SSH-2.0-OpenSSH\r\n\r\n",
           "HTTP/2 200 OK\r\n\r\n",
           "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 099 OK\r\n\r\n",
           "HTTP/1.1 200OK\r\n\r\n",
           "HTTP/1.1 101 Switching\r\n\r\n",
           "HTTP/1.1 200 O\rK\r\n\r\n",
           "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n",
       }) {
    HttpResponseParser parser;
    EXPECT_EQ(Read(parser, text).end, Event::kFailed) << text;
    EXPECT_EQ(parser.error().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(HttpResponseParserTest, AnEarlyEndIsAnError) {
  for (size_t bytes = 0; bytes + 1 < kChunked.size(); ++bytes) {
    HttpResponseParser parser;
    EXPECT_EQ(Read(parser, kChunked.substr(0, bytes)).end, Event::kFailed) << bytes;
    EXPECT_EQ(parser.error().code(), StatusCode::kUnavailable) << bytes;
  }
}

TEST(HttpResponseParserTest, KeepsItsBounds) {
  const ResponseLimits limits = {.max_head_bytes = 60, .max_body_bytes = 10};
  for (const std::string& text : {
           "HTTP/1.1 200 OK\r\nX: " + std::string(60, 'x'),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\n\r\n01234567890"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n1\r\n"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n"),
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(60, 'x'),
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(60, 'x'),
       }) {
    HttpResponseParser parser(limits);
    EXPECT_EQ(Read(parser, text).end, Event::kFailed) << text;
    EXPECT_EQ(parser.error().code(), StatusCode::kTooLarge) << text;
  }
}

TEST(HttpResponseParserTest, ShowsWhatItRefuses) {
  HttpResponseParser parser;
  Read(parser, "SSH-2.0-OpenSSH\r\n\r\n");
  EXPECT_THAT(parser.error().message(), HasSubstr("SSH-2.0-OpenSSH"));
}

}  // namespace
}  // namespace trireme::client
