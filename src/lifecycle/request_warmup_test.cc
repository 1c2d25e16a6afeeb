// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/request_warmup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

#include "backend/testing/fake_backend.h"
#include "base/testing/temp_dir.h"
#include "codec/crc32c.h"
#include "repository/recorded_requests.h"

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A body is the number of rows.
Result<RunnableRequest> ReadRows(const std::string& body, const RequestTarget& target, MemoryPool& pool) {
  if (body.empty()) return InvalidArgument("inputs: expected an array, found none");
  EXPECT_EQ(target.model, "m");
  return RunnableRequest{.inputs = {MakeTensor(pool, DataType::kFp32, {std::stoll(body), 4})}, .outputs = {0}};
}

class RequestWarmupTest : public testing::Test {
 protected:
  RequestWarmupTest() {
    entry_.id = {"m", 1};
    entry_.folder = folder_.path();
    entry_.version_folder = folder_ / "1";
  }
  Result<RequestWarmup> Warm(const FakeOptions& options = {}) {
    const auto model = MakeFakeModel(script_, options);
    return WarmUpRequests(*model, entry_, target_, ReadRows, pool_, [this] { return enough_; });
  }
  std::vector<BadRequest> Check() { return CheckRecordedRequests(entry_, target_, ReadRows, pool_); }

  const TempDir folder_;
  ModelEntry entry_;
  const Signature signature_ = FakeSignature();
  const RequestTarget target_{.model = entry_.id.name, .signature = signature_};
  const std::shared_ptr<FakeScript> script_ = std::make_shared<FakeScript>();  // shared with the model
  MemoryPool pool_;
  bool enough_ = false;
};

TEST_F(RequestWarmupTest, RunsEachOnceInOrderOfTheirNames) {
  EXPECT_EQ(Warm()->ran, 0);
  folder_.Write("warmup/b.json", "2");
  folder_.Write("warmup/a.json", "7");
  EXPECT_EQ(Warm()->ran, 2);
  EXPECT_THAT(script_->runs(), ElementsAre(7, 2));
  EXPECT_THAT(Check(), IsEmpty());
}

TEST_F(RequestWarmupTest, RunsThemOnADecoupledModelToo) {
  folder_.Write("warmup/a.json", "3");
  EXPECT_EQ(Warm({.decoupled = true})->ran, 1);
  EXPECT_THAT(script_->runs(), ElementsAre(3));
}

TEST_F(RequestWarmupTest, NamesTheFileThatIsNoRequest) {
  folder_.Write("1/warmup/a.json", "1");
  folder_.Write("1/warmup/b.json", "");
  EXPECT_EQ(Warm().status().message(), "recorded request '1/warmup/b.json': inputs: expected an array, found none");
  EXPECT_EQ(Warm().status().code(), StatusCode::kInvalidArgument);
  const std::vector<BadRequest> bad = Check();
  ASSERT_EQ(bad.size(), 1U);
  EXPECT_EQ(bad[0].file, folder_ / "1/warmup/b.json");
  EXPECT_EQ(bad[0].status.message(), "inputs: expected an array, found none");
}

TEST_F(RequestWarmupTest, NamesTheFileThatTheModelFailsWith) {
  folder_.Write("warmup/a.json", "5");
  script_->FailWhen([](int64_t rows) { return rows == 5 ? InvalidArgument("index 9 is too large") : Status(); });
  EXPECT_EQ(Warm().status().message(), "recorded request 'warmup/a.json': index 9 is too large");
  EXPECT_THAT(Check(), IsEmpty()) << "nothing is run";
}

TEST_F(RequestWarmupTest, BoundsWhatARequestTakes) {
  folder_.Write("warmup/a.json", std::to_string(int64_t{17} << 20));
  EXPECT_EQ(Warm().status().message(),
            "recorded request 'warmup/a.json': expected at most 268435456 bytes in all inputs, found 285212672");
}

TEST_F(RequestWarmupTest, EndsWhenItIsEnough) {
  folder_.Write("warmup/a.json", "1");
  enough_ = true;
  const auto warmup = Warm();
  EXPECT_FALSE(warmup->is_done);
  EXPECT_EQ(warmup->ran, 0);
}

// A log is the number of rows, or the name of another signature.
Result<std::vector<LoggedRequest>> ReadLog(const std::string& log, const RequestTarget& target, MemoryPool& pool) {
  if (log.empty()) return InvalidArgument("found none");
  std::vector<LoggedRequest> logged(1);
  if (log[0] >= 'a') {
    logged[0].signature = log;
    return logged;
  }
  ASSIGN_OR_RETURN(logged[0].request, ReadRows(log, target, pool));
  return logged;
}

template <typename T>
std::string Checked(const T& value) {
  std::string bytes(reinterpret_cast<const char*>(&value), sizeof(value));
  if constexpr (std::is_same_v<T, std::string>) bytes = value;
  const uint32_t checksum = MaskCrc(Crc32c(bytes));
  return bytes + std::string(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
}

class LogWarmupTest : public RequestWarmupTest {
 protected:
  LogWarmupTest() { entry_.path = folder_ / "1/saved_model.pb"; }
  void Write(const std::vector<std::string>& logs) {
    std::string records;
    for (const std::string& log : logs) records += Checked(uint64_t{log.size()}) + Checked(log);
    folder_.Write("1/assets.extra/tf_serving_warmup_requests", records);
  }
  Result<LogWarmup> WarmLogs() {
    const auto model = MakeFakeModel(script_, {});
    return WarmUpLogs(*model, entry_, target_, ReadLog, pool_, [this] { return enough_; });
  }
};

TEST_F(LogWarmupTest, RunsThoseOfItsSignatureAndNamesTheOthers) {
  EXPECT_EQ(WarmLogs()->ran, 0);
  Write({"3", "classify", "2", "classify", "regress"});
  const auto warmup = WarmLogs();
  ASSERT_TRUE(warmup.ok()) << warmup.status();
  EXPECT_EQ(warmup->ran, 2);
  EXPECT_THAT(warmup->others, ElementsAre("classify", "regress"));
  EXPECT_THAT(script_->runs(), ElementsAre(3, 2));
  EXPECT_TRUE(CheckLogs(entry_, target_, ReadLog, pool_).ok());
}

TEST_F(LogWarmupTest, NamesTheRecordThatIsWrong) {
  Write({"3", ""});
  EXPECT_EQ(WarmLogs().status().message(),
            "warm-up file 'assets.extra/tf_serving_warmup_requests': record 1: found none");
  EXPECT_EQ(CheckLogs(entry_, target_, ReadLog, pool_).code(), StatusCode::kInvalidArgument);
  Write({"5"});
  script_->FailWhen([](int64_t) { return InvalidArgument("index 9 is too large"); });
  EXPECT_THAT(WarmLogs().status().message(), testing::HasSubstr("record 0: index 9 is too large"));
}

TEST_F(LogWarmupTest, BoundsTheirNumber) {
  Write(std::vector<std::string>(kMostServingLogs, "1"));
  EXPECT_EQ(WarmLogs()->ran, static_cast<int>(kMostServingLogs));
  Write(std::vector<std::string>(kMostServingLogs + 1, "1"));
  EXPECT_THAT(WarmLogs().status().message(), testing::HasSubstr("expected at most 1000 records, found more"));
}

TEST_F(LogWarmupTest, LieInTheModelsFolder) {
  const TempDir elsewhere;
  elsewhere.Write("tf_serving_warmup_requests", "");
  std::filesystem::create_directories(folder_ / "1");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder_ / "1/assets.extra");
  EXPECT_THAT(WarmLogs().status().message(), testing::HasSubstr("a link that leads out of the model's folder"));
}

TEST_F(LogWarmupTest, EndsWhenItIsEnough) {
  Write({"1"});
  enough_ = true;
  EXPECT_FALSE(WarmLogs()->is_done);
}

}  // namespace
}  // namespace trireme
