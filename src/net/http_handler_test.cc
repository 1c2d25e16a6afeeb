// SPDX-License-Identifier: Apache-2.0
#include "net/http_handler.h"

#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <utility>

#include "net/testing/recorded_answer.h"

namespace trireme::net {
namespace {

TEST(HttpReply, AnswersOnce) {
  const auto answer = std::make_shared<RecordedAnswer>();
  HttpReply reply(answer);
  reply.Send({.status = 201});
  EXPECT_FALSE(reply);
  EXPECT_EQ(answer->response.status, 201);
  EXPECT_EQ(answer->ends, 1);
}

TEST(HttpReply, AnswersInternalErrorWhenDropped) {
  const auto answer = std::make_shared<RecordedAnswer>();
  { const HttpReply dropped(answer); }
  EXPECT_EQ(answer->response.status, 500);
  EXPECT_EQ(answer->ends, 1);
}

TEST(HttpReply, SaysThatThereWasNoMemoryWhenDroppedForThat) {
  const auto answer = std::make_shared<RecordedAnswer>();
  try {
    const HttpReply dropped(answer);
    throw std::bad_alloc();
  } catch (const std::bad_alloc&) {
  }
  EXPECT_EQ(answer->response.status, 507);
  EXPECT_EQ(answer->ends, 1);
}

TEST(HttpReply, BreaksOffWhenDroppedAfterItsBeginning) {
  const auto answer = std::make_shared<RecordedAnswer>();
  {
    HttpReply reply(answer);
    reply.Begin({});
    reply.Write("half");
  }
  EXPECT_TRUE(answer->aborted);
  EXPECT_EQ(answer->ends, 0);
}

TEST(HttpReply, OwesNothingOnceMovedFrom) {
  const auto answer = std::make_shared<RecordedAnswer>();
  HttpReply reply(answer);
  HttpReply other = std::move(reply);
  EXPECT_EQ(answer->ends, 0);
  other.Send({});
  EXPECT_EQ(answer->ends, 1);
}

TEST(HttpReply, AnswersTheOneThatIsOverwritten) {
  const auto first = std::make_shared<RecordedAnswer>();
  const auto second = std::make_shared<RecordedAnswer>();
  HttpReply reply(first);
  reply = HttpReply(second);
  EXPECT_EQ(first->response.status, 500);
  EXPECT_EQ(second->ends, 0);
  reply.Send({});
}

}  // namespace
}  // namespace trireme::net
