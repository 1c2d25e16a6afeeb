// SPDX-License-Identifier: Apache-2.0
#include "engine/check_request.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/memory_pool.h"

namespace trireme {
namespace {

// Two inputs and two outputs, batching.
Signature TwoInputs() {
  return {.inputs = {{.name = "a", .type = DataType::kFp32, .shape = {-1, 4}},
                     {.name = "b", .type = DataType::kInt64, .shape = {-1, -1}}},
          .outputs = {{.name = "y", .type = DataType::kFp32, .shape = {-1, 4}},
                      {.name = "z", .type = DataType::kFp32, .shape = {-1}}},
          .batched = true};
}

NamedTensor Input(const std::string& name, DataType type, const Shape& shape) {
  static MemoryPool pool;
  return {name, MakeTensor(pool, type, shape)};
}

class CheckRequestTest : public testing::Test {
 protected:
  Status Check(const std::vector<NamedTensor>& inputs, const std::vector<std::string>& outputs = {}) {
    request_ = InferRequest();
    request_.inputs = inputs;
    for (const std::string& name : outputs) request_.outputs.push_back({.name = name, .index = -1, .destination = {}});
    return CheckRequest("m", signature_, request_, max_request_rows_);
  }

  // The message of the expected refusal.
  std::string Refusal(const std::vector<NamedTensor>& inputs, const std::vector<std::string>& outputs = {}) {
    const Status status = Check(inputs, outputs);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    return status.message();
  }

  Signature signature_ = TwoInputs();
  int64_t max_request_rows_ = 0;
  InferRequest request_;
  const NamedTensor a_ = Input("a", DataType::kFp32, {2, 4});
  const NamedTensor b_ = Input("b", DataType::kInt64, {2, 3});
};

TEST_F(CheckRequestTest, BringsInputsIntoTheSignaturesOrderAndCounts) {
  ASSERT_TRUE(Check({b_, a_}).ok());
  EXPECT_EQ(request_.inputs[0].name, "a");
  EXPECT_EQ(request_.inputs[1].name, "b");
  EXPECT_EQ(request_.rows, 2);
  EXPECT_EQ(request_.bytes, 2 * 4 * 4 + 2 * 3 * 8U);
}

TEST_F(CheckRequestTest, MeansAllOutputsWhenNoneIsNamed) {
  ASSERT_TRUE(Check({a_, b_}).ok());
  ASSERT_EQ(request_.outputs.size(), 2U);
  EXPECT_EQ(request_.outputs[1].name, "z");
  EXPECT_EQ(request_.outputs[1].index, 1);
}

TEST_F(CheckRequestTest, KeepsTheOrderOfTheOutputsAskedFor) {
  ASSERT_TRUE(Check({a_, b_}, {"z", "y"}).ok());
  EXPECT_EQ(request_.outputs[0].index, 1);
  EXPECT_EQ(request_.outputs[1].index, 0);
}

TEST_F(CheckRequestTest, RefusesNamesThatTheModelDoesNotHave) {
  EXPECT_EQ(Refusal({a_, b_, Input("c", DataType::kFp32, {2})}), "unexpected input 'c': model 'm' has inputs 'a', 'b'");
  EXPECT_EQ(Refusal({a_, b_}, {"w"}), "unexpected output 'w': model 'm' has outputs 'y', 'z'");
}

TEST_F(CheckRequestTest, ShowsNoMoreOfANameThanAPersonReads) {
  const std::string name(1 << 20, 'n');
  EXPECT_LT(Refusal({a_, b_, Input(name, DataType::kFp32, {2})}).size(), 1000U);
  EXPECT_LT(Refusal({a_, b_}, {name}).size(), 1000U);
}

TEST_F(CheckRequestTest, RefusesWhatIsMissing) {
  EXPECT_EQ(Refusal({a_}), "missing input 'b' of model 'm': expected inputs 'a', 'b'");
  EXPECT_EQ(Refusal({}), "missing input 'a' of model 'm': expected inputs 'a', 'b'");
}

TEST_F(CheckRequestTest, RefusesWhatComesTwice) {
  EXPECT_EQ(Refusal({a_, b_, a_}), "input 'a' is given twice");
  EXPECT_EQ(Refusal({a_, b_}, {"y", "y"}), "output 'y' is requested twice");
}

TEST_F(CheckRequestTest, RefusesAnotherDatatype) {
  EXPECT_EQ(Refusal({Input("a", DataType::kFp64, {2, 4}), b_}), "input 'a' has datatype FP64, model 'm' expects FP32");
}

TEST_F(CheckRequestTest, RefusesAnotherRankOrSize) {
  EXPECT_EQ(Refusal({Input("a", DataType::kFp32, {4}), b_}), "input 'a' has shape [4], model 'm' expects [-1,4]");
  EXPECT_EQ(Refusal({Input("a", DataType::kFp32, {2, 5}), b_}), "input 'a' has shape [2,5], model 'm' expects [-1,4]");
}

TEST_F(CheckRequestTest, RefusesBatchesThatDiffer) {
  EXPECT_EQ(Refusal({a_, Input("b", DataType::kInt64, {3, 3})}),
            "input 'b' has 3 rows (shape [3,3]), input 'a' has 2: expected the same number in every input");
}

TEST_F(CheckRequestTest, RefusesBytesThatDoNotFitTheShape) {
  NamedTensor cut = a_;
  cut.tensor.data = cut.tensor.data.Slice(0, 31);
  EXPECT_EQ(Refusal({cut, b_}), "input 'a' has 31 bytes, its shape [2,4] of FP32 needs 32");
}

TEST_F(CheckRequestTest, RefusesAShapeWhoseProductOverflows) {
  NamedTensor huge = b_;
  huge.tensor.shape = {int64_t{1} << 62, int64_t{1} << 62};
  EXPECT_NE(Refusal({a_, huge}).find("does not fit in 63 bits"), std::string::npos);
}

TEST_F(CheckRequestTest, RefusesABoolThatIsNeitherTrueNorFalse) {
  signature_.inputs[0].type = DataType::kBool;
  NamedTensor flags = Input("a", DataType::kBool, {2, 4});
  std::ranges::fill(flags.tensor.MutableAs<uint8_t>(), 1);
  EXPECT_TRUE(Check({flags, b_}).ok());
  flags.tensor.MutableAs<uint8_t>()[5] = 2;
  EXPECT_EQ(Refusal({flags, b_}), "input 'a', element 5: expected a BOOL of 0 or 1, found byte 2");
}

TEST_F(CheckRequestTest, LetsAnOptionalInputBeLeftOut) {
  signature_.inputs[1].optional = true;
  ASSERT_TRUE(Check({a_}).ok());
  ASSERT_EQ(request_.inputs.size(), 2U);
  EXPECT_EQ(request_.inputs[1].name, "b");
  EXPECT_TRUE(request_.inputs[1].tensor.data.empty());
  EXPECT_EQ(request_.rows, 2);
}

TEST_F(CheckRequestTest, CountsOneRowWithoutBatching) {
  signature_.batched = false;
  ASSERT_TRUE(Check({a_, Input("b", DataType::kInt64, {3, 3})}).ok());
  EXPECT_EQ(request_.rows, 1);
}

TEST_F(CheckRequestTest, RefusesMoreRowsThanTheConfigAllows) {
  max_request_rows_ = 2;
  EXPECT_TRUE(Check({a_, b_}).ok());
  max_request_rows_ = 1;
  EXPECT_EQ(Refusal({a_, b_}), "input 'a' has 2 rows, model 'm' takes at most 1 (max_batch_size)");
}

TEST_F(CheckRequestTest, HoldsTheConfigsRowsAlsoIfRequestsRunAlone) {
  signature_.batched = false;
  max_request_rows_ = 1;
  EXPECT_EQ(Refusal({a_, b_}), "input 'a' has 2 rows, model 'm' takes at most 1 (max_batch_size)");
}

TEST_F(CheckRequestTest, HandsOnTheShapesThatTheModelTakes) {
  signature_.inputs[0].model_shape = Shape{-1, 2, 2};
  ASSERT_TRUE(Check({a_, b_}).ok());
  EXPECT_EQ(request_.inputs[0].tensor.shape, (Shape{2, 2, 2}));
  EXPECT_EQ(request_.inputs[1].tensor.shape, (Shape{2, 3}));
  EXPECT_EQ(request_.rows, 2);
}

TEST_F(CheckRequestTest, ChecksTheShapesThatClientsSee) {
  signature_.inputs[0].model_shape = Shape{-1, 2, 2};
  EXPECT_EQ(Refusal({Input("a", DataType::kFp32, {2, 2, 2}), b_}),
            "input 'a' has shape [2,2,2], model 'm' expects [-1,4]");
}

TEST_F(CheckRequestTest, ReshapesNothingThatWasLeftOut) {
  signature_.inputs[1].optional = true;
  signature_.inputs[1].model_shape = Shape{-1, -1, 1};
  ASSERT_TRUE(Check({a_}).ok());
  EXPECT_EQ(request_.inputs[1].tensor.shape.rank(), 0U);
}

// A protocol asked another model, which this one has replaced since.
TEST_F(CheckRequestTest, RefusesMemoryThatChangesWhereTheModelDoesNotTakeIt) {
  signature_.inputs[0].may_change = true;
  signature_.outputs[0].may_change = true;
  const auto check = [&](size_t input, const std::string& output) {
    request_ = InferRequest();
    request_.inputs = {b_, a_};
    request_.changing_inputs = {input};
    request_.outputs = {{.name = output, .destination = {}, .may_change = true}};
    return CheckRequest("m", signature_, request_).code();
  };
  EXPECT_EQ(check(1, "y"), StatusCode::kOk);
  EXPECT_EQ(check(0, "y"), StatusCode::kUnavailable);
  EXPECT_EQ(check(1, "z"), StatusCode::kUnavailable);
  EXPECT_EQ(check(1, "nobody"), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme
