// SPDX-License-Identifier: Apache-2.0
#include "bench/local_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

#include "base/testing/temp_dir.h"

namespace trireme::bench {
namespace {

using testing::HasSubstr;

// Adds up its inputs "a" and, optionally, "b", as far as anybody can tell.
class FakeModel final : public LocalModel {
 public:
  FakeModel() {
    signature_.inputs = {{.name = "a", .type = DataType::kFp32, .shape = {Shape::kAny, 2}},
                         {.name = "b", .type = DataType::kInt64, .shape = {Shape::kAny}, .optional = true}};
    signature_.outputs = {{.name = "sum", .type = DataType::kFp32, .shape = {Shape::kAny, 2}}};
  }
  const Signature& signature() const override { return signature_; }
  const std::string& name() const override { return name_; }
  const std::string& runtime() const override { return runtime_; }
  Status Run(std::span<const Tensor> inputs) override {
    ++runs;
    return inputs[0].shape[0] == 13 ? InvalidArgument("not 13 rows") : Status();
  }

  std::atomic<int> runs = 0;

 private:
  Signature signature_;
  const std::string name_ = "adder";
  const std::string runtime_ = "Fake 1.0";
};

Result<std::unique_ptr<LocalModel>> OpenFake(const LocalModelOptions&) {
  return std::unique_ptr<LocalModel>(std::make_unique<FakeModel>());
}

TEST(LocalTargetTest, SaysWhatItRuns) {
  const auto target = LocalTarget::Open({.path = "m.onnx", .callers = 2, .threads = 1}, {.rows = 4}, OpenFake).value();
  EXPECT_EQ(target->facts().model, "adder");
  EXPECT_EQ(target->facts().inputs, "a FP32[4,2], b INT64[4]");
  EXPECT_EQ(target->facts().server, "Fake 1.0 in this process, 2 callers x 1 thread");
  EXPECT_EQ(target->facts().pid, getpid());
}

TEST(LocalTargetTest, RunsUnderALoad) {
  const auto target = LocalTarget::Open({.path = "m.onnx", .callers = 1}, {}, OpenFake).value();
  const LoadPlan plan{.windows = 1, .window_requests = 20, .timeout = std::chrono::hours(1)};
  EXPECT_GE(target->Run(plan).value().windows[0].latency.count(), 20u);
}

TEST(LocalTargetTest, PassesOnWhatIsWrongWithTheFile) {
  const auto refuse = [](const LocalModelOptions& options) -> Result<std::unique_ptr<LocalModel>> {
    return NotFound(options.path.string() + ": there is no such file");
  };
  EXPECT_EQ(LocalTarget::Open({.path = "m.onnx"}, {}, refuse).status().message(), "m.onnx: there is no such file");
}

TEST(LocalTargetTest, FindsOutAtOnceThatTheModelRefusesItsInputs) {
  EXPECT_EQ(LocalTarget::Open({.path = "m.onnx"}, {.rows = 13}, OpenFake).status().message(), "not 13 rows");
}

class LocalTargetFileTest : public testing::Test {
 protected:
  Status OpenWith(const std::string& json) {
    const std::filesystem::path file = folder_.Write("request.json", json);
    return LocalTarget::Open({.path = "m.onnx"}, {.input_files = {file}}, OpenFake).status();
  }
  TempDir folder_;
};

TEST_F(LocalTargetFileTest, TakesInputsOfFilesInAnyOrder) {
  EXPECT_TRUE(OpenWith(R"({"inputs":[{"name":"b","datatype":"INT64","shape":[1],"data":[1]},)"
                       R"({"name":"a","datatype":"FP32","shape":[1,2],"data":[1,2]}]})")
                  .ok());
  EXPECT_TRUE(OpenWith(R"({"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,2]}]})").ok());
}

// A runtime believes types and shapes.
TEST_F(LocalTargetFileTest, GivesARuntimeNothingElse) {
  EXPECT_THAT(OpenWith(R"({"inputs":[{"name":"a","datatype":"INT32","shape":[1,2],"data":[1,2]}]})").message(),
              HasSubstr("input \"a\": expected FP32, found INT32"));
  EXPECT_THAT(OpenWith(R"({"inputs":[{"name":"a","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]})").message(),
              HasSubstr("input \"a\": expected shape [-1,2], found [1,3]"));
  EXPECT_THAT(OpenWith(R"({"inputs":[{"name":"c","datatype":"FP32","shape":[1],"data":[1]}]})").message(),
              HasSubstr("the model has no input \"c\""));
  EXPECT_THAT(OpenWith(R"({"inputs":[{"name":"b","datatype":"INT64","shape":[1],"data":[1]}]})").message(),
              HasSubstr("missing input \"a\""));
  EXPECT_THAT(OpenWith("{").message(), HasSubstr("request.json"));
}

}  // namespace
}  // namespace trireme::bench
