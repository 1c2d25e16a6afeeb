// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/generate_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "net/testing/recorded_answer.h"

namespace trireme::kserve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EventAnswerTest : public testing::Test {
 protected:
  std::string Header(const std::string& name) const {
    for (const auto& [key, value] : recorded_->response.headers) {
      if (key == name) return value;
    }
    return "";
  }

  const std::shared_ptr<net::RecordedAnswer> recorded_ = std::make_shared<net::RecordedAnswer>();  // shared: the reply
  EventAnswer answer_{net::HttpReply(recorded_)};
};

TEST_F(EventAnswerTest, WritesWhatCameTogetherAtOnce) {
  EXPECT_TRUE(answer_.Take(std::string("{1}")));
  EXPECT_TRUE(answer_.Take(std::string("{2}")));
  EXPECT_THAT(recorded_->chunks, IsEmpty());
  answer_.Flush();
  EXPECT_EQ(recorded_->response.status, 200);
  EXPECT_EQ(Header("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_THAT(recorded_->chunks, ElementsAre("data: {1}\n\ndata: {2}\n\n"));
  answer_.Flush();
  EXPECT_TRUE(answer_.Take(std::string("{3}")));
  answer_.End({}, {});
  EXPECT_THAT(recorded_->chunks, ElementsAre("data: {1}\n\ndata: {2}\n\n", "data: {3}\n\n"));
  EXPECT_EQ(recorded_->ends, 1);
}

TEST_F(EventAnswerTest, MayHaveNoEvent) {
  answer_.Flush();
  answer_.End({}, {});
  EXPECT_EQ(recorded_->response.status, 200);
  EXPECT_THAT(recorded_->chunks, IsEmpty());
  EXPECT_EQ(recorded_->ends, 1);
}

TEST_F(EventAnswerTest, IsAnErrorIfNothingCameBefore) {
  answer_.End(Overloaded("the line is full"), {});
  EXPECT_EQ(recorded_->response.status, 429);
  EXPECT_EQ(recorded_->body(), R"({"error":"the line is full"})");
  EXPECT_EQ(recorded_->ends, 1);
}

TEST_F(EventAnswerTest, IsAnErrorIfTheFirstResponseHasNoText) {
  EXPECT_FALSE(answer_.Take(InvalidArgument("no UTF-8")));
  EXPECT_FALSE(answer_.Take(std::string("{2}"))) << "its status is decided";
  answer_.End(Cancelled("nobody wants it"), {});
  EXPECT_EQ(recorded_->response.status, 400);
  EXPECT_EQ(recorded_->body(), R"({"error":"no UTF-8"})");
}

TEST_F(EventAnswerTest, TellsLaterErrorsInTheirPlace) {
  EXPECT_TRUE(answer_.Take(std::string("{1}")));
  EXPECT_TRUE(answer_.Take(InvalidArgument("no UTF-8")));
  EXPECT_TRUE(answer_.Take(std::string("{3}")));
  answer_.End(Internal("out of tokens"), {});
  EXPECT_EQ(recorded_->response.status, 200);
  EXPECT_THAT(recorded_->chunks, ElementsAre("data: {1}\n\ndata: {\"error\":\"no UTF-8\"}\n\ndata: {3}\n\n"
                                             "data: {\"error\":\"out of tokens\"}\n\n"));
  EXPECT_EQ(recorded_->ends, 1);
}

}  // namespace
}  // namespace trireme::kserve
