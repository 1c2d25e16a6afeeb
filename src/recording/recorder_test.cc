// SPDX-License-Identifier: Apache-2.0
#include "recording/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/scratch_folder.h"
#include "model/testing/recorded_reply.h"
#include "recording/recording_reader.h"

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() { options_.file = folder_->path() / "recording.jsonl"; }

  void Open() { recorder_ = Recorder::Open(options_, log_).value(); }
  // All that it was offered is written.
  void Close() { recorder_.reset(); }

  InferRequest Request(const std::string& model, float value = 0) {
    InferRequest request;
    request.model = model;
    request.protocol = "kserve-grpc";
    request.caller = {.principal = "somebody", .tenant = "shop"};
    request.stages.received = Clock::System().Now();
    request.inputs.push_back({"x", MakeTensor(pool_, DataType::kFp32, {1})});
    request.inputs[0].tensor.MutableAs<float>()[0] = value;
    return request;
  }
  void Offer(const std::string& model, float value = 0) {
    InferRequest request = Request(model, value);
    recorder_->Offer(request);
  }
  std::string Text() const {
    std::ifstream file(options_.file);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<std::string> Models() {
    RecordingReader reader = RecordingReader::Open(options_.file, pool_).value();
    std::vector<std::string> models;
    while (const auto line = reader.Next().value()) models.push_back(line->call.value().model);
    return models;
  }

  const std::shared_ptr<const ScratchFolder> folder_ = ScratchFolder::Make().value();
  const Logger log_{STDERR_FILENO, Logger::Form::kText, LogLevel::kError};
  MemoryPool pool_;
  Recorder::Options options_;
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(RecorderTest, WritesWhatItIsOffered) {
  Open();
  Offer("a", 1.5F);
  Offer("b");
  Close();
  EXPECT_THAT(Models(), ElementsAre("a", "b"));
  EXPECT_THAT(Text(), HasSubstr("\"data\":[1.5]"));
  EXPECT_THAT(Text(), HasSubstr("kserve-grpc"));
  EXPECT_THAT(Text(), Not(HasSubstr("somebody")));
  EXPECT_THAT(Text(), Not(HasSubstr("shop")));
  EXPECT_EQ(std::filesystem::status(options_.file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(RecorderTest, CountsForASample) {
  options_.every = 3;
  Open();
  for (int i = 0; i < 7; ++i) Offer("m" + std::to_string(i));
  Close();
  EXPECT_THAT(Models(), ElementsAre("m0", "m3", "m6"));
}

TEST_F(RecorderTest, WritesTheModelsThatAreWanted) {
  options_.models = {"b", "c"};
  options_.every = 2;
  Open();
  for (const char* model : {"a", "b", "a", "a", "c", "b"}) Offer(model);
  Close();
  EXPECT_THAT(Models(), ElementsAre("b", "b")) << "others are not counted for the sample";
}

TEST_F(RecorderTest, WritesTheTenantWhereThatIsWanted) {
  options_.tenants = true;
  Open();
  Offer("m");
  Close();
  EXPECT_THAT(Text(), HasSubstr("\"tenant\":\"shop\""));
}

TEST_F(RecorderTest, WritesAnswersAndPassesThemOn) {
  options_.answers = true;
  Open();
  const RecordedReply good;
  InferRequest request = Request("m");
  request.reply = good.MakeReply();
  recorder_->Offer(request);
  InferResponse response{.model = {"m", 1}, .outputs = {}, .parameters = {}, .stages = {}};
  response.outputs.push_back({"y", MakeTensor(pool_, DataType::kFp32, {1})});
  response.outputs[0].tensor.MutableAs<float>()[0] = 7.5F;
  request.reply.Finish(std::move(response));
  const RecordedReply bad;
  InferRequest other = Request("m");
  other.reply = bad.MakeReply();
  recorder_->Offer(other);
  other.reply.Finish(Overloaded("full"));
  Close();
  EXPECT_EQ(good.Wait().response->outputs[0].tensor.As<float>()[0], 7.5F);
  EXPECT_EQ(bad.Wait().status.message(), "full");
  EXPECT_THAT(Text(), HasSubstr("\"response\":{\"model_name\":\"m\""));
  EXPECT_THAT(Text(), HasSubstr("\"data\":[7.5]"));
  EXPECT_THAT(Text(), HasSubstr("\"error\":{\"code\":\"overloaded\",\"message\":\"full\"}"));
}

TEST_F(RecorderTest, LeavesOutWhatMayChange) {
  Open();
  InferRequest request = Request("m");
  request.changing_inputs = {0};
  recorder_->Offer(request);
  InferRequest elsewhere = Request("m");
  elsewhere.inputs[0].tensor.data = Buffer::View(this, 4, nullptr, MemoryKind::kDevice);
  recorder_->Offer(elsewhere);
  EXPECT_EQ(recorder_->counts().not_readable, 2U);
  Close();
  EXPECT_THAT(Models(), ElementsAre());
}

TEST_F(RecorderTest, EndsWhenTheFileIsFull) {
  options_.max_bytes = 600;
  Open();
  for (int i = 0; i < 100; ++i) Offer("m");
  while (recorder_->counts().recorded + recorder_->counts().after_end < 100) std::this_thread::yield();
  EXPECT_GT(recorder_->counts().recorded, 0U);
  EXPECT_GT(recorder_->counts().after_end, 50U);
  Close();
  EXPECT_LE(std::filesystem::file_size(options_.file), 600U);
  EXPECT_FALSE(Models().empty());
}

TEST_F(RecorderTest, LeavesOutWhatDoesNotFitIntoItsLine) {
  options_.max_waiting_bytes = 3;
  Open();
  Offer("m");
  EXPECT_EQ(recorder_->counts().too_many, 1U);
}

TEST_F(RecorderTest, AppendsToARecording) {
  Open();
  Offer("a");
  Close();
  std::ofstream(options_.file, std::ios::app) << R"({"time_us":77,"mod)";  // as a process leaves it that is killed
  Open();
  Offer("b");
  Close();
  RecordingReader reader = RecordingReader::Open(options_.file, pool_).value();
  EXPECT_EQ(reader.Next().value()->call->model, "a");
  const auto damaged = reader.Next().value();
  EXPECT_EQ(damaged->number, 3U);
  EXPECT_FALSE(damaged->call.ok());
  const auto last = reader.Next().value();
  EXPECT_EQ(last->number, 5U);
  EXPECT_EQ(last->call->model, "b");
  EXPECT_FALSE(reader.Next().value().has_value());
}

TEST_F(RecorderTest, RefusesWhatIsNoFileOfItsOwn) {
  const auto open = [this](const std::filesystem::path& path) {
    options_.file = path;
    return Recorder::Open(options_, log_).status().message();
  };
  EXPECT_THAT(open(folder_->path()), HasSubstr("expected a file"));
  EXPECT_THAT(open(folder_->path() / "none/file"), HasSubstr("expected a file that can be written"));
  EXPECT_THAT(open("/dev/null"), HasSubstr("expected a file"));
  const std::filesystem::path file = folder_->path() / "full";
  std::ofstream(file) << "0123456789";
  std::filesystem::create_symlink(file, folder_->path() / "link");
  EXPECT_THAT(open(folder_->path() / "link"), HasSubstr("expected a file that can be written"));
  options_.max_bytes = 10;
  EXPECT_THAT(open(file), HasSubstr("of less than 10 bytes"));
}

}  // namespace
}  // namespace trireme
