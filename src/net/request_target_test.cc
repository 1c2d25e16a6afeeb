// SPDX-License-Identifier: Apache-2.0
#include "net/request_target.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme::net {
namespace {

TEST(RequestTarget, SplitsPathAndQuery) {
  RequestTarget target;
  ASSERT_FALSE(ParseTarget("/v2/models/a%20b/infer?x=1?&y=/../", target));
  EXPECT_EQ(target.path, "/v2/models/a%20b/infer");
  EXPECT_EQ(target.query, "x=1?&y=/../");
}

TEST(RequestTarget, HasAnEmptyQueryWithoutAMark) {
  RequestTarget target;
  ASSERT_FALSE(ParseTarget("/v2/health/live", target));
  EXPECT_EQ(target.query, "");
}

TEST(RequestTarget, AcceptsPlainPaths) {
  for (const char* plain : {"/", "/a", "/a/", "/a.b/..c/d..", "/.well-known", "/...", "/v1/models/m:predict", "/a%41",
                            "/a+b@c,d=e", "/?a[]=1|2", "/a|b"}) {
    RequestTarget target;
    EXPECT_FALSE(ParseTarget(plain, target)) << plain;
  }
}

TEST(RequestTarget, RefusesEverySecondSpelling) {
  for (const std::string crooked :
       {"//",    "//a",  "/a//b", "/.",         "/..",    "/./a",   "/a/./b", "/../a",  "/a/../b",
        "/a/..", "/a/.", "/%2e",  "/a%2E%2e/b", "/a%2fb", "/a%2Fb", "/a%5cb", "/a%5Cb", "/a%00",
        "/a%",   "/a%4", "/a%4x", "/a\\b",      "/a;b",   "/a#b",   "/?a#b"}) {
    RequestTarget target;
    const auto error = ParseTarget(crooked, target);
    ASSERT_TRUE(error) << crooked;
    EXPECT_EQ(error->status, 400) << crooked;
  }
}

TEST(RequestTarget, RefusesOtherFormsThanOrigin) {
  for (const char* other : {"", "*", "a", "http://host/a", "host:80", "?a"}) {
    RequestTarget target;
    EXPECT_TRUE(ParseTarget(other, target)) << other;
  }
}

TEST(RequestTarget, RefusesWhatIsNotVisibleAscii) {
  for (const std::string_view odd :
       {std::string_view("/a\0b", 4), std::string_view("/a\tb"), std::string_view("/a b"), std::string_view("/a\x7f"),
        std::string_view("/\xc3\xa9"), std::string_view("/?\xff"), std::string_view("/a\r")}) {
    RequestTarget target;
    EXPECT_TRUE(ParseTarget(odd, target));
  }
}

TEST(RequestTarget, SaysWhatItGot) {
  RequestTarget target;
  EXPECT_EQ(ParseTarget("/a//b", target)->text,
            "request target: expected a path without '//', '/./' and '/../', got '/a//b'");
}

}  // namespace
}  // namespace trireme::net
