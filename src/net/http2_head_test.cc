// SPDX-License-Identifier: Apache-2.0
#include "net/http2_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::net {
namespace {

using testing::HasSubstr;

class Http2HeadTest : public testing::Test {
 protected:
  Http2Head Begin(std::string_view method = "GET", std::string_view path = "/a?b") {
    Http2Head head(limits_, "192.0.2.1:4711");
    head.Begin();
    head.Add(":method", method);
    head.Add(":scheme", "http");
    head.Add(":authority", "example.org");
    head.Add(":path", path);
    return head;
  }
  std::optional<HttpError> Finish(Http2Head& head) { return head.Finish(request_, in_hand_); }

  HttpLimits limits_;
  std::shared_ptr<RequestsInHand> in_hand_ = std::make_shared<RequestsInHand>(0);
  HttpRequest request_;
};

TEST_F(Http2HeadTest, MakesARequest) {
  Http2Head head = Begin();
  head.Add("x-y", "z");
  ASSERT_FALSE(Finish(head));
  EXPECT_EQ(request_.method, "GET");
  EXPECT_EQ(request_.target, "/a?b");
  EXPECT_EQ(request_.path, "/a");
  EXPECT_EQ(request_.query, "b");
  EXPECT_EQ(request_.peer, "192.0.2.1:4711");
  EXPECT_EQ(*request_.Find("x-y"), "z");
  EXPECT_EQ(*request_.Find("host"), "example.org");
}

TEST_F(Http2HeadTest, LeavesTheRequestItsOwnMemory) {
  Http2Head head = Begin();
  head.Add("large", std::string(5000, 'x'));
  ASSERT_FALSE(Finish(head));
  head.Begin();
  head.Add(":method", "DELETE");
  EXPECT_EQ(request_.method, "GET");
  EXPECT_EQ(request_.Find("large")->size(), 5000u);
}

TEST_F(Http2HeadTest, CountsARequestAsLongAsItsStorageLives) {
  Http2Head head = Begin();
  Finish(head);
  EXPECT_EQ(*in_hand_, 1u);
  const auto kept = request_.storage;
  request_ = {};
  EXPECT_EQ(*in_hand_, 1u);
}

TEST_F(Http2HeadTest, CountsBytesAsItsSettingDoes) {
  Http2Head head(limits_, "peer");
  head.Begin();
  head.Add("abc", "de");
  EXPECT_EQ(head.bytes(), 37u);
}

TEST_F(Http2HeadTest, RefusesAHeadThatIsTooLarge) {
  limits_.max_head_bytes = 1000;
  Http2Head head = Begin();
  head.Add("x", std::string(2000, 'x'));
  head.Add("y", "small");
  const auto problem = Finish(head);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->status, 431);
  EXPECT_THAT(problem->text, HasSubstr("at most 1000 bytes (max_head_bytes)"));
  EXPECT_EQ(request_.method, "GET") << "what was kept is there";
  EXPECT_EQ(request_.Find("x"), nullptr);
}

TEST_F(Http2HeadTest, RefusesTooManyHeaders) {
  limits_.max_headers = 3;
  Http2Head head = Begin();
  for (const char* name : {"a", "b", "c", "d"}) head.Add(name, "1");
  const auto problem = Finish(head);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->status, 431);
  EXPECT_THAT(problem->text, HasSubstr("at most 3 headers (max_headers), got 4"));
}

TEST_F(Http2HeadTest, RefusesConnectAndCrookedTargets) {
  Http2Head connect = Begin("CONNECT", "");
  EXPECT_EQ(Finish(connect)->status, 400);
  Http2Head dots = Begin("GET", "/a/../b");
  EXPECT_EQ(Finish(dots)->status, 400);
  Http2Head star = Begin("OPTIONS", "*");
  EXPECT_EQ(Finish(star)->status, 400);
}

TEST_F(Http2HeadTest, RefusesHostsThatDiffer) {
  Http2Head same = Begin();
  same.Add("host", "example.org");
  EXPECT_FALSE(Finish(same));
  Http2Head other = Begin();
  other.Add("host", "example.com");
  request_ = {};
  EXPECT_EQ(Finish(other)->status, 400);
}

}  // namespace
}  // namespace trireme::net
