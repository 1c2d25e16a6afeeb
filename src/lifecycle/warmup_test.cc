// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/warmup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/testing/fake_backend.h"
#include "base/testing/temp_dir.h"
#include "tensor/bytes_elements.h"

namespace trireme {
namespace {

using Fill = WarmupSample::Input::Fill;
using testing::ElementsAre;
using testing::HasSubstr;

class WarmupTest : public testing::Test {
 protected:
  // Of one input, "x".
  static WarmupSample Sample(WarmupSample::Input input, int64_t rows) {
    return {.name = "s", .rows = rows, .inputs = {{"x", std::move(input)}}};
  }
  static Signature Takes(DataType type, const Shape& shape) {
    return {.inputs = {{.name = "x", .type = type, .shape = shape}}, .outputs = {}};
  }
  Tensor Make(const WarmupSample& sample, const Signature& signature) {
    auto inputs = MakeWarmupInputs(sample, signature, pool_);
    EXPECT_TRUE(inputs.ok()) << inputs.status();
    EXPECT_TRUE(Findings(sample, signature).empty());
    return inputs.ok() ? inputs->front() : Tensor();
  }
  std::string Refusal(const WarmupSample& sample, const Signature& signature) {
    const Status refused = MakeWarmupInputs(sample, signature, pool_).status();
    EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
    const std::vector<Finding> findings = Findings(sample, signature);
    EXPECT_EQ(findings.size(), 1U);
    if (findings.empty()) return refused.message();
    EXPECT_THAT(refused.message(), HasSubstr("expected " + findings[0].expected + ", found "));
    return refused.message();
  }

  static std::vector<Finding> Findings(const WarmupSample& sample, const Signature& signature) {
    return CheckWarmupSamples({&sample, 1}, {}, signature);
  }

  MemoryPool pool_;
  TempDir folder_;
};

TEST_F(WarmupTest, FillsWithZeros) {
  const Tensor x = Make(Sample({.type = DataType::kInt32, .dims = {2}}, 3), Takes(DataType::kInt32, {-1, 2}));
  EXPECT_EQ(x.shape, (Shape{3, 2}));
  EXPECT_THAT(x.As<int32_t>(), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST_F(WarmupTest, FillsBytesWithEmptyElements) {
  const Tensor x = Make(Sample({.type = DataType::kBytes, .dims = {2}}, 2), Takes(DataType::kBytes, {-1, 2}));
  EXPECT_TRUE(CheckBytesElements(x.data.bytes(), 4).ok());
  EXPECT_EQ(x.data.size(), 16U);
}

TEST_F(WarmupTest, FillsWithValuesThatModelsTake) {
  const Tensor x =
      Make(Sample({.type = DataType::kInt64, .dims = {8}, .fill = Fill::kRandom}, 4), Takes(DataType::kInt64, {-1, 8}));
  EXPECT_EQ(x.shape, (Shape{4, 8}));
  for (const int64_t value : x.As<int64_t>()) EXPECT_TRUE(value == 0 || value == 1);
}

TEST_F(WarmupTest, RepeatsTheRowOfAFileForEveryRow) {
  const std::filesystem::path file = folder_.Write("row", std::string("\1\0\0\0\2\0\0\0", 8));
  const Tensor x = Make(Sample({.type = DataType::kInt32, .dims = {2}, .fill = Fill::kFile, .file = file}, 2),
                        Takes(DataType::kInt32, {-1, 2}));
  EXPECT_THAT(x.As<int32_t>(), ElementsAre(1, 2, 1, 2));
}

TEST_F(WarmupTest, ReadsBytesAsTheyAreSent) {
  const std::filesystem::path file = folder_.Write("row", std::string("\2\0\0\0hi\0\0\0\0", 10));
  const WarmupSample::Input input{.type = DataType::kBytes, .dims = {2}, .fill = Fill::kFile, .file = file};
  const Tensor x = Make(Sample(input, 3), Takes(DataType::kBytes, {-1, 2}));
  EXPECT_TRUE(CheckBytesElements(x.data.bytes(), 6).ok());
  folder_.Write("row", std::string("\2\0\0\0hi", 6));
  const auto refused = MakeWarmupInputs(Sample(input, 3), Takes(DataType::kBytes, {-1, 2}), pool_);
  EXPECT_EQ(refused.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.status().message(), testing::StartsWith("warm-up sample 's': input 'x': file 'row': "));
}

TEST_F(WarmupTest, RefusesAFileOfAnotherSize) {
  const std::filesystem::path file = folder_.Write("row", "12345");
  const WarmupSample::Input input{.type = DataType::kInt32, .dims = {2}, .fill = Fill::kFile, .file = file};
  EXPECT_EQ(Refusal(Sample(input, 2), Takes(DataType::kInt32, {-1, 2})),
            "warm-up sample 's': input 'x': expected 8 bytes, one row of [2] INT32, found 5 in file 'row'");
}

TEST_F(WarmupTest, RefusesAFileThatIsNotThere) {
  const WarmupSample::Input input{
      .type = DataType::kInt32, .dims = {2}, .fill = Fill::kFile, .file = folder_ / "nowhere"};
  EXPECT_THAT(Refusal(Sample(input, 1), Takes(DataType::kInt32, {-1, 2})),
              HasSubstr("expected file 'nowhere', which can be read, found"));
}

TEST_F(WarmupTest, DoesNotReadAFileToCheckIt) {
  const std::filesystem::path file = folder_.Write("row");
  std::filesystem::resize_file(file, size_t{16} << 20);
  const WarmupSample::Input input{.type = DataType::kBytes, .dims = {1}, .fill = Fill::kFile, .file = file};
  EXPECT_TRUE(Findings(Sample(input, 1), Takes(DataType::kBytes, {-1, 1})).empty());
  EXPECT_FALSE(MakeWarmupInputs(Sample(input, 1), Takes(DataType::kBytes, {-1, 1}), pool_).ok());
  EXPECT_THAT(Refusal(Sample(input, 17), Takes(DataType::kBytes, {-1, 1})), HasSubstr("268435456 bytes together"));
}

TEST_F(WarmupTest, BoundsWhatASampleTakes) {
  WarmupSample sample = Sample({.dims = {1 << 20}, .fill = Fill::kRandom}, 40);
  Signature signature = Takes(DataType::kFp32, {-1, -1});
  EXPECT_TRUE(Findings(sample, signature).empty());
  sample.inputs["y"] = sample.inputs["x"];
  signature.inputs.push_back({.name = "y", .type = DataType::kFp32, .shape = {-1, -1}});
  EXPECT_EQ(Refusal(sample, signature),
            "warm-up sample 's': expected at most 268435456 bytes in all inputs and rows, found 335544320");
  const WarmupSample text = Sample({.type = DataType::kBytes, .dims = {1 << 20}, .fill = Fill::kRandom}, 9);
  EXPECT_THAT(Refusal(text, Takes(DataType::kBytes, {-1, -1})), HasSubstr("at most 268435456 bytes"));
}

TEST_F(WarmupTest, EndsWhenItIsEnough) {
  const auto script = std::make_shared<FakeScript>();  // shared with the model
  const auto model = MakeFakeModel(script);
  WarmupSample sample{.name = "s", .rows = 1, .inputs = {{"x", {.dims = {4}}}}, .count = 1'000'000};
  const auto warm = WarmUp(*model, FakeSignature(), {&sample, 1}, pool_, [&] { return script->runs().size() == 3; });
  EXPECT_FALSE(warm.value());
  EXPECT_EQ(script->runs().size(), 3U);
  sample.count = 2;
  EXPECT_TRUE(WarmUp(*model, FakeSignature(), {&sample, 1}, pool_, [] { return false; }).value());
}

TEST_F(WarmupTest, ComesInTheShapeThatTheModelTakes) {
  Signature signature = Takes(DataType::kFp32, {-1, 3, 4});
  signature.inputs[0].model_shape = Shape{-1, 12};
  EXPECT_EQ(Make(Sample({.dims = {3, 4}}, 2), signature).shape, (Shape{2, 12}));
}

TEST_F(WarmupTest, HasNoRowsForAModelWithout) {
  EXPECT_EQ(Make(Sample({.dims = {5}}, 0), Takes(DataType::kFp32, {-1})).shape, (Shape{5}));
  EXPECT_THAT(Refusal(Sample({.dims = {5}}, 4), Takes(DataType::kFp32, {-1})),
              HasSubstr("expected dims of a row of [-1] for a batch of 4, found [5]"));
}

TEST_F(WarmupTest, LeavesOptionalInputsOut) {
  Signature signature = Takes(DataType::kFp32, {-1, 2});
  signature.inputs.push_back({.name = "y", .type = DataType::kFp32, .shape = {-1}, .optional = true});
  const auto inputs = MakeWarmupInputs(Sample({.dims = {2}}, 1), signature, pool_);
  ASSERT_TRUE(inputs.ok());
  EXPECT_TRUE((*inputs)[1].data.empty());
  signature.inputs[1].optional = false;
  EXPECT_EQ(Refusal(Sample({.dims = {2}}, 1), signature),
            "warm-up sample 's': expected input 'y', which the model needs, found none");
}

TEST_F(WarmupTest, RefusesWhatTheModelDoesNotHave) {
  WarmupSample sample = Sample({.dims = {2}}, 1);
  sample.inputs["z"] = {};
  EXPECT_EQ(Refusal(sample, Takes(DataType::kFp32, {-1, 2})),
            "warm-up sample 's': input 'z': expected an input of the model: 'x', found 'z'");
}

TEST_F(WarmupTest, RefusesAnotherTypeAndDimsThatDoNotFit) {
  const Signature signature = Takes(DataType::kFp32, {-1, 2});
  EXPECT_EQ(Refusal(Sample({.type = DataType::kInt8, .dims = {2}}, 1), signature),
            "warm-up sample 's': input 'x': expected data type FP32, found INT8");
  EXPECT_THAT(Refusal(Sample({.dims = {-1}}, 1), Takes(DataType::kFp32, {-1, -1})), HasSubstr("dims of known size"));
  EXPECT_THAT(Refusal(Sample({.dims = {int64_t{1} << 40}}, 1), Takes(DataType::kFp32, {-1, -1})),
              HasSubstr("at most 268435456 bytes"));
}

TEST_F(WarmupTest, SaysWhereTheConfigSaysIt) {
  const Signature signature = Takes(DataType::kFp32, {-1, 2});
  DeclaredSignature declared{.file = "config.pbtxt", .max_batch_size = {}, .inputs = {}, .outputs = {}, .warmup = {}};
  declared.warmup.push_back({.place = {.field = "model_warmup[0]", .line = 3, .column = 1}, .inputs = {}});
  declared.warmup[0].inputs["x"] = {.type_place = {.field = "type", .line = 5, .column = 2},
                                    .dims_place = {.field = "dims", .line = 6, .column = 4}};
  const auto said = [&](const WarmupSample& sample) {
    const std::vector<Finding> findings = CheckWarmupSamples({&sample, 1}, declared, signature);
    return findings.empty() ? "" : findings[0].ToString();
  };
  EXPECT_THAT(said(Sample({.type = DataType::kInt8, .dims = {2}}, 1)),
              testing::StartsWith("config.pbtxt:5:2: type: expected data type FP32, found INT8; "));
  EXPECT_THAT(said(Sample({.dims = {3}}, 1)),
              testing::StartsWith("config.pbtxt:6:4: dims: expected shape [-1,2], found [1,3]; "));
  EXPECT_THAT(said({.name = "s", .rows = 1, .inputs = {}}),
              testing::StartsWith("config.pbtxt:3:1: model_warmup[0]: expected input 'x', which the model needs, "));
  EXPECT_EQ(said(Sample({.dims = {2}}, 1)), "");
}

}  // namespace
}  // namespace trireme
