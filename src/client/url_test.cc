// SPDX-License-Identifier: Apache-2.0
#include "client/url.h"

#include <gtest/gtest.h>

namespace trireme::client {
namespace {

TEST(UrlTest, ReadsHostPortAndPath) {
  const Result<Url> url = ParseUrl("http://example.org:8000/v2/models?x=1");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, 8000);
  EXPECT_EQ(url->path, "/v2/models?x=1");
}

TEST(UrlTest, FillsInWhatPeopleLeaveOut) {
  const Result<Url> url = ParseUrl("localhost");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->port, 80);
  EXPECT_EQ(url->path, "/");
  EXPECT_EQ(ParseUrl("localhost?ready")->path, "/?ready");
}

TEST(UrlTest, ReadsIpv6InBrackets) {
  const Result<Url> url = ParseUrl("http://[::1]:8000");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->Authority(), "[::1]:8000");
}

TEST(UrlTest, RefusesWhatIsNoUrlOfOurs) {
  for (const char* text :
       {"", "http://", "http://:80", "http://h:", "http://h:0", "http://h:65536", "http://h:80x", "http://user@h/",
        "http://h/a b", "http://h/a\r\nX: y", "http://h/#f", "http://[::1", "http://[::1]x"}) {
    const Result<Url> url = ParseUrl(text);
    EXPECT_EQ(url.status().code(), StatusCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(ParseUrl("ftp://h/").status().code(), StatusCode::kUnsupported);
}

TEST(UrlTest, TheSchemeSaysWhatIsSpoken) {
  EXPECT_EQ(ParseUrl("https://h")->port, 443);
  EXPECT_TRUE(ParseUrl("https://h")->tls);
  EXPECT_FALSE(ParseUrl("https://h")->grpc);
  const Result<Url> grpc = ParseUrl("grpc://h");
  ASSERT_TRUE(grpc.ok()) << grpc.status();
  EXPECT_TRUE(grpc->grpc);
  EXPECT_FALSE(grpc->tls);
  EXPECT_EQ(grpc->port, 8001);
  EXPECT_TRUE(ParseUrl("grpcs://h:1")->tls);
  EXPECT_EQ(ParseUrl("grpc://h/v2").status().code(), StatusCode::kInvalidArgument);
}

TEST(UrlTest, AUnixSocketIsAFileOfBothProtocols) {
  for (const char* text : {"unix:/run/server.sock", "unix:///run/server.sock", "grpc+unix:/run/server.sock"}) {
    const Result<Url> url = ParseUrl(text);
    ASSERT_TRUE(url.ok()) << url.status();
    EXPECT_EQ(url->socket, "/run/server.sock");
    EXPECT_EQ(url->grpc, text[0] == 'g');
    EXPECT_EQ(url->Authority(), "localhost");
  }
  EXPECT_EQ(ParseUrl("unix:server.sock").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseUrl("unix:/" + std::string(200, 'x')).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme::client
