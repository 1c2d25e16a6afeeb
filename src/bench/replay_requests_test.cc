// SPDX-License-Identifier: Apache-2.0
#include "bench/replay_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>

#include "base/scratch_folder.h"

namespace trireme::bench {
namespace {

using std::chrono::microseconds;
using testing::ElementsAre;
using testing::HasSubstr;

std::string Line(int time_us, const std::string& members) {
  return R"({"time_us":)" + std::to_string(time_us) + "," + members +
         R"(,"request":{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1.5]}]}})" + "\n";
}

class ReplayRequestsTest : public testing::Test {
 protected:
  ReplayRequestsTest() {
    options_.file = (folder_->path() / "recording").string();
    options_.load.url = "http://127.0.0.1:1";
  }

  Result<ReplayRequests> Read(const std::string& text) {
    std::ofstream(options_.file, std::ios::trunc) << text;
    const client::Url url = client::ParseUrl(options_.load.url).value();
    return ReadReplayRequests(options_, options_.load, url, {}, pool_);
  }
  static const std::string& Bytes(const ReplayRequests& requests, size_t i) {
    return requests.workload.models[i].http.at(0).bytes;
  }

  const std::shared_ptr<const ScratchFolder> folder_ = ScratchFolder::Make().value();
  MemoryPool pool_;
  ReplayOptions options_;
};

TEST_F(ReplayRequestsTest, AreInTheOrderOfTheirTimes) {
  const ReplayRequests requests =
      Read(Line(300, R"("model":"a")") + Line(100, R"("model":"b")") + Line(200, R"("model":"a")")).value();
  EXPECT_THAT(requests.lines, ElementsAre(2, 3, 1));
  ASSERT_EQ(requests.sequence.size(), 3U);
  EXPECT_EQ(requests.sequence[0].at, microseconds(0));
  EXPECT_EQ(requests.sequence[2].at, microseconds(200));
  EXPECT_EQ(requests.sequence[2].requests, 2U);
  EXPECT_EQ(requests.ModelOf(0), "b");
  ASSERT_EQ(requests.models.size(), 2U);
  EXPECT_EQ(requests.models[requests.sequence[1].model].name, "a");
}

TEST_F(ReplayRequestsTest, AskTheVersionThatWasAskedOrIsWanted) {
  const std::string text =
      Line(1, R"("model":"a")") + Line(2, R"("model":"a","version":"7")") + Line(3, R"("model":"a","label":"stable")");
  const ReplayRequests recorded = Read(text).value();
  EXPECT_THAT(Bytes(recorded, 0), HasSubstr("POST /v2/models/a/infer "));
  EXPECT_THAT(Bytes(recorded, 1), HasSubstr("POST /v2/models/a/versions/7/infer "));
  EXPECT_THAT(Bytes(recorded, 2), HasSubstr("POST /v2/models/a/versions/stable/infer "));
  options_.load.version = "9";
  const ReplayRequests wanted = Read(text).value();
  for (size_t i = 0; i < 3; ++i) EXPECT_THAT(Bytes(wanted, i), HasSubstr("POST /v2/models/a/versions/9/infer "));
}

TEST_F(ReplayRequestsTest, TravelInTheFormThatIsWanted) {
  EXPECT_THAT(Bytes(Read(Line(1, R"("model":"a")")).value(), 0), HasSubstr("binary_data_size"));
  options_.load.form = Form::kJson;
  EXPECT_THAT(Bytes(Read(Line(1, R"("model":"a")")).value(), 0), HasSubstr(R"("data":[1.5])"));
  options_.load.url = "grpc://127.0.0.1:1";
  const ReplayRequests requests = Read(Line(1, R"("model":"a")")).value();
  EXPECT_EQ(requests.workload.models[0].grpc_bodies.size(), 1U);
}

TEST_F(ReplayRequestsTest, LeaveOutWhatCannotBeSent) {
  const ReplayRequests requests =
      Read("damaged\n" + Line(1, R"("model":"a")") + Line(2, R"("model":"a","signature":"classify")") +
           Line(3, R"("model":"a")").substr(0, 40))
          .value();
  EXPECT_THAT(requests.lines, ElementsAre(2));
  ASSERT_EQ(requests.left_out.size(), 3U);
  EXPECT_EQ(requests.left_out[0].line, 1U);
  EXPECT_EQ(requests.left_out[1].why, "it is for signature 'classify', which V2 cannot name");
  EXPECT_THAT(requests.left_out[2].why, HasSubstr("the file ends within the line"));
}

TEST_F(ReplayRequestsTest, SayTheFirstFewThatAreLeftOut) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "damaged\n";
  const ReplayRequests requests = Read(text).value();
  EXPECT_EQ(requests.left_out_count, 50U);
  EXPECT_EQ(requests.left_out.size(), ReplayRequests::kMostLeftOut);
}

TEST_F(ReplayRequestsTest, AreThoseOfTheModelsThatAreWanted) {
  options_.models = {"b"};
  const ReplayRequests requests = Read(Line(1, R"("model":"a")") + Line(2, R"("model":"b")")).value();
  EXPECT_THAT(requests.lines, ElementsAre(2));
  EXPECT_EQ(requests.left_out_count, 0U);
}

TEST_F(ReplayRequestsTest, AFileThatIsNotThereIsSaid) {
  options_.file = "/nowhere/file";
  EXPECT_THAT(ReadReplayRequests(options_, options_.load, client::ParseUrl(options_.load.url).value(), {}, pool_)
                  .status()
                  .message(),
              HasSubstr("'/nowhere/file'"));
}

TEST_F(ReplayRequestsTest, ThoseThatWereWrongThemselvesAreKnown) {
  const ReplayRequests requests =
      Read(Line(2, R"("model":"a","took_us":5,"error":{"code":"invalid argument","message":"no shape"})") +
           Line(1, R"("model":"a","took_us":5,"error":{"code":"overloaded","message":"full"})") +
           Line(3, R"("model":"a")"))
          .value();
  EXPECT_THAT(requests.were_wrong, ElementsAre(false, true, false)) << "line 2 came first";
}

TEST_F(ReplayRequestsTest, RecordedAnswersAreTheirs) {
  const ReplayRequests requests =
      Read(Line(2, R"("model":"a","took_us":5,"error":{"code":"overloaded","message":"full"})") +
           Line(1, R"("model":"a","took_us":5,"response":{"model_name":"a","outputs":[]})") + Line(3, R"("model":"a")"))
          .value();
  EXPECT_TRUE(requests.has_answers);
  const AnswerStore answers = ReadRecordedAnswers(options_, requests, pool_).value();
  EXPECT_TRUE(answers.Get(0, pool_).response.has_value()) << "line 2 came first";
  EXPECT_EQ(answers.Get(1, pool_).failure, "overloaded: full");
  EXPECT_EQ(answers.Get(2, pool_).failure, "");
  EXPECT_FALSE(answers.Get(2, pool_).response.has_value());
}

}  // namespace
}  // namespace trireme::bench
