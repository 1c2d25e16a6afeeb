// SPDX-License-Identifier: Apache-2.0
#include "net/http_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trireme::net {
namespace {

using State = RequestParser::State;

struct Parsed {
  State state;
  HttpRequest request;  // views the text that was given
  RequestFraming framing;
  HttpError error;
};

Parsed Parse(std::string_view text, RequestParser::Limits limits = {}) {
  RequestParser parser(limits);
  Parsed parsed;
  parsed.state = parser.Parse(text, parsed.request);
  parsed.framing = parser.framing();
  parsed.error = parser.error();
  return parsed;
}

// A head with these lines after Host.
std::string Get(const std::string& lines) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n";
}

TEST(RequestParser, ReadsAHead) {
  const std::string text =
      "POST /v2/models/m/infer?a=b HTTP/1.1\r\nHost: h:8000\r\nX-Empty:\r\nx-a: \t b c \t\r\n\r\nbody";
  const Parsed parsed = Parse(text);
  ASSERT_EQ(parsed.state, State::kDone);
  EXPECT_EQ(parsed.request.method, "POST");
  EXPECT_EQ(parsed.request.target, "/v2/models/m/infer?a=b");
  EXPECT_EQ(parsed.request.path, "/v2/models/m/infer");
  EXPECT_EQ(parsed.request.query, "a=b");
  ASSERT_EQ(parsed.request.headers.size(), 3u);
  EXPECT_EQ(parsed.request.headers[1].value, "");
  EXPECT_EQ(parsed.request.headers[2].name, "x-a");
  EXPECT_EQ(*parsed.request.Find("x-a"), "b c");
  EXPECT_EQ(parsed.request.Find("x-b"), nullptr);
  EXPECT_EQ(parsed.framing.head_bytes, text.size() - 4);
}

TEST(RequestParser, WaitsForTheWholeHeadHoweverItIsCut) {
  const std::string text = Get("Content-Length: 3\r\n");
  RequestParser parser({});
  HttpRequest request;
  for (size_t bytes = 0; bytes < text.size(); ++bytes) {
    ASSERT_EQ(parser.Parse(std::string_view(text).substr(0, bytes), request), State::kNeedsMore) << bytes;
  }
  EXPECT_EQ(parser.Parse(text, request), State::kDone);
  EXPECT_EQ(parser.framing().content_length, 3u);
}

struct FramingCase {
  std::string head;
  bool keep_alive;
  bool chunked;
  uint64_t content_length;
  bool expects_continue;
};

TEST(RequestParser, TellsHowTheMessageIsFramed) {
  const std::vector<FramingCase> cases = {
      {Get(""), true, false, 0, false},
      {Get("Connection: close\r\n"), false, false, 0, false},
      {Get("Connection: foo , CLOSE\r\n"), false, false, 0, false},
      {Get("Connection: keep-alive\r\nConnection: close\r\n"), false, false, 0, false},
      {"GET / HTTP/1.0\r\n\r\n", false, false, 0, false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, false, 0, false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false, false, 0, false},
      {Get("content-LENGTH:0\r\n"), true, false, 0, false},
      {Get("Content-Length: 9999999999999999999\r\n"), true, false, 9'999'999'999'999'999'999u, false},
      {Get("Content-Length: 007\r\n"), true, false, 7, false},
      {Get("Transfer-Encoding: Chunked\r\n"), true, true, 0, false},
      {Get("Expect: 100-Continue\r\n"), true, false, 0, true},
      {"GET / HTTP/1.0\r\nExpect: whatever\r\n\r\n", false, false, 0, false},
  };
  for (const FramingCase& c : cases) {
    const Parsed parsed = Parse(c.head);
    ASSERT_EQ(parsed.state, State::kDone) << c.head << parsed.error.text;
    EXPECT_EQ(parsed.framing.keep_alive, c.keep_alive) << c.head;
    EXPECT_EQ(parsed.framing.chunked, c.chunked) << c.head;
    EXPECT_EQ(parsed.framing.content_length, c.content_length) << c.head;
    EXPECT_EQ(parsed.framing.expects_continue, c.expects_continue) << c.head;
  }
}

struct RefusalCase {
  std::string head;
  int status;
  std::string names;  // what the error text must name
};

TEST(RequestParser, RefusesAndNamesWhatIsWrong) {
  const std::vector<RefusalCase> cases = {
      {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request line"},
      {" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request line"},
      {"GET\r\n\r\n", 400, "request line"},
      {"GET /\r\n\r\n", 400, "request line"},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request target"},
      {"GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request target"},
      {"GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", 400, "request line"},
      {"GE(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method"},
      {"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400, "version"},
      {"GET / http/1.1\r\nHost: h\r\n\r\n", 400, "version"},
      {"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 400, "HTTP version"},
      {"PRI * HTTP/2.0\r\n\r\n", 400, "HTTP version"},
      {"GET / HTTP/1.1\nHost: h\n\n", 400, "bare LF"},
      {"GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n", 400, "bare LF"},
      {"GET / HTTP/1.1\r\nHost: h\rA: b\r\n\r\n", 400, "header line"},
      {"GET /\r HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request target"},
      {"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request target"},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request target"},
      {"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request target"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "Host"},
      {Get("Host: h\r\n"), 400, "Host"},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "Host"},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "Host"},
      {Get("A : b\r\n"), 400, "header line: expected 'Name: value', got 'A ' before the ':'"},
      {Get(": b\r\n"), 400, "header line"},
      {Get("A\r\n"), 400, "header line: expected 'Name: value', got a line without ':'"},
      {Get("A: b\r\n c\r\n"), 400, "header line"},
      {Get("A: b\r\n\tc: d\r\n"), 400, "header line"},
      {Get(std::string("A: b\0c\r\n", 8)), 400, "header line"},
      {Get("A: b\x01\r\n"), 400, "header line"},
      {Get("\xc3\xa9: b\r\n"), 400, "header line"},
      {Get("Content-Length:\r\n"), 400, "Content-Length"},
      {Get("Content-Length: +5\r\n"), 400, "Content-Length"},
      {Get("Content-Length: -5\r\n"), 400, "Content-Length"},
      {Get("Content-Length: 5,5\r\n"), 400, "Content-Length"},
      {Get("Content-Length: 5 5\r\n"), 400, "Content-Length"},
      {Get("Content-Length: 0x5\r\n"), 400, "Content-Length"},
      {Get("Content-Length: 5.0\r\n"), 400, "Content-Length"},
      {Get("Content-Length: 00000000000000000005\r\n"), 400, "Content-Length"},
      {Get("Content-Length: 18446744073709551616\r\n"), 400, "Content-Length"},
      {Get("Content-Length: 5\r\nContent-Length: 5\r\n"), 400, "Content-Length"},
      {Get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400, "Transfer-Encoding"},
      {Get("Transfer-Encoding:\r\n"), 400, "Transfer-Encoding"},
      {Get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400, "Transfer-Encoding"},
      {Get("Transfer-Encoding: gzip, chunked\r\n"), 400, "Transfer-Encoding"},
      {Get("Transfer-Encoding: chunked, identity\r\n"), 400, "Transfer-Encoding"},
      {Get("Transfer-Encoding: \"chunked\"\r\n"), 400, "Transfer-Encoding"},
      {Get("Transfer-Encoding: xchunked\r\n"), 400, "Transfer-Encoding"},
      {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "Transfer-Encoding"},
      {Get("Connection: close:\r\n"), 400, "Connection"},
      {Get("Connection: keep alive\r\n"), 400, "Connection"},
      {Get("Expect: 200-ok\r\n"), 417, "Expect"},
  };
  for (const RefusalCase& c : cases) {
    const Parsed parsed = Parse(c.head);
    ASSERT_EQ(parsed.state, State::kFailed) << c.head;
    EXPECT_EQ(parsed.error.status, c.status) << c.head;
    EXPECT_NE(parsed.error.text.find(c.names), std::string::npos) << c.head << parsed.error.text;
  }
}

TEST(RequestParser, RefusesAnotherProtocolAtItsFirstByte) {
  EXPECT_EQ(Parse("\x16\x03\x01").state, State::kFailed);
}

TEST(RequestParser, RefusesABareLineFeedBeforeTheHeadIsComplete) {
  EXPECT_EQ(Parse("GET / HTTP/1.1\n").state, State::kFailed);
}

TEST(RequestParser, RefusesALargeHeadWithoutWaitingForItsEnd) {
  const std::string head = Get("A: " + std::string(50, 'a') + "\r\n");
  EXPECT_EQ(Parse(head, {.max_head_bytes = head.size()}).state, State::kDone);
  EXPECT_EQ(Parse(head, {.max_head_bytes = head.size() - 1}).error.status, 431);
  const Parsed part = Parse(std::string_view(head).substr(0, 40), {.max_head_bytes = 40});
  EXPECT_EQ(part.error.status, 431);
  EXPECT_NE(part.error.text.find("max_head_bytes"), std::string::npos);
}

TEST(RequestParser, RefusesTooManyHeaders) {
  EXPECT_EQ(Parse(Get("A: b\r\n"), {.max_headers = 2}).state, State::kDone);
  const Parsed parsed = Parse(Get("A: b\r\nC: d\r\n"), {.max_headers = 2});
  EXPECT_EQ(parsed.error.status, 431);
  EXPECT_NE(parsed.error.text.find("max_headers"), std::string::npos);
}

TEST(RequestParser, QuotesNoMoreThanALittleOfWhatItGot) {
  const Parsed parsed = Parse(Get("Content-Length: " + std::string(5000, '9') + "\r\n"));
  EXPECT_LT(parsed.error.text.size(), 200u);
}

}  // namespace
}  // namespace trireme::net
