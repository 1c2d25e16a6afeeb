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
  EXPECT_EQ(ParseUrl("https://h/").status().code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace trireme::client
