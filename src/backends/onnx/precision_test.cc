// SPDX-License-Identifier: Apache-2.0
// Models in lower precision give nearly what they gave before.
#include "onnxfile/precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "backend/testing/contract.h"
#include "backends/onnx/onnx_backend.h"
#include "base/testing/temp_dir.h"
#include "onnxfile/onnx_reader.h"
#include "onnxfile/output_difference.h"
#include "onnxfile/testing/lowering_models.h"
#include "onnxfile/testing/test_models.h"

namespace trireme::onnx {
namespace {

using onnxfile::LoweringOptions;
using onnxfile::Model;
using onnxfile::OutputDifference;
using onnxfile::Precision;

constexpr LoweringOptions kInt8;
constexpr LoweringOptions kFp16 = {.precision = Precision::kFp16};

class PrecisionTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = CreateBackend({pool_, log_, BuildFolder()});
    ASSERT_TRUE(made.ok()) << made.status();
    backend_ = std::move(made).value();
  }

  std::string Lowered(const Model& model, const LoweringOptions& options) {
    const auto lowered =
        LowerPrecision(Serialize(model), options, [](const auto&, std::span<char>) { return Internal("no data"); });
    EXPECT_TRUE(lowered.ok()) << lowered.status();
    return lowered.ok() ? lowered->bytes : std::string();
  }

  std::vector<Tensor> Run(const std::string& model, const Shape& shape, const std::vector<float>& elements) {
    auto opened = backend_->Open({.path = onnxfile::WriteModel(folder_.path(), "m", model)}, {});
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return {};
    const Tensor input = {DataType::kFp32, shape, Buffer::CopyOf(std::as_bytes(std::span(elements)))};
    const int wanted[] = {0};
    auto outputs = std::get<std::unique_ptr<OpenModel>>(*opened)->Run({&input, 1}, wanted, {});
    EXPECT_TRUE(outputs.ok()) << outputs.status();
    return outputs.ok() ? std::move(outputs).value() : std::vector<Tensor>{};
  }

  OutputDifference Compare(const Model& model, const LoweringOptions& options, const Shape& shape) {
    const std::vector<float> input = onnxfile::MadeUpNumbers(*shape.ElementCount(), 99);
    const std::vector<Tensor> expected = Run(Serialize(model), shape, input);
    const std::vector<Tensor> found = Run(Lowered(model, options), shape, input);
    OutputDifference difference;
    EXPECT_EQ(expected.size(), 1U);
    EXPECT_EQ(found.size(), 1U);
    if (expected.size() == 1 && found.size() == 1) {
      const Status comparable = difference.Add(expected[0], found[0]);
      EXPECT_TRUE(comparable.ok()) << comparable;
    }
    return difference;
  }

  // That the outputs are off by something, and by no more than that part of the largest.
  void ExpectClose(const Model& model, const LoweringOptions& options, const Shape& shape, double most) {
    const double worst = Compare(model, options, shape).worst();
    EXPECT_GT(worst, 0);
    EXPECT_LT(worst, most);
  }

  const Logger log_{2, Logger::Form::kText, LogLevel::kError};
  MemoryPool pool_;
  TempDir folder_;
  std::unique_ptr<Backend> backend_;
};

TEST_F(PrecisionTest, ProductsOfIntegersAreClose) {
  ExpectClose(onnxfile::MatMulModel(), kInt8, {5, 128}, 0.02);
  ExpectClose(onnxfile::MatMulModel(), {.reduced_range = true}, {5, 128}, 0.03);
  ExpectClose(onnxfile::SharedModel(), kInt8, {5, 128}, 0.02);
  ExpectClose(onnxfile::HiddenWeightsModel(), kInt8, {5, 128}, 0.02);
  ExpectClose(onnxfile::BatchedModel(), kInt8, {2, 5, 128}, 0.02);
}

TEST_F(PrecisionTest, ProductsInBranchesAreClose) {
  Model model = onnxfile::BranchModel();
  ExpectClose(model, kInt8, {5, 128}, 0.02);
  std::vector<float> negative(128, -1);
  const std::vector<Tensor> expected = Run(Serialize(model), {1, 128}, negative);
  const std::vector<Tensor> found = Run(Lowered(model, kInt8), {1, 128}, negative);
  OutputDifference difference;
  ASSERT_TRUE(difference.Add(expected.at(0), found.at(0)).ok());
  EXPECT_LT(difference.worst(), 0.02);
}

TEST_F(PrecisionTest, GemmHasItsFactorsAndBias) {
  for (const int64_t is_transposed : {0, 1}) {
    Model model = onnxfile::ProductModel(
        {{"Gemm", {"x", "w", "b"}, {"y"}, {{"alpha", 0.25F}, {"beta", -3.F}, {"transB", is_transposed}}}});
    ExpectClose(model, kInt8, {5, 128}, 0.02);
    model.graph.nodes[0].attributes[1].value = 0.F;  // as good as none
    ExpectClose(model, kInt8, {5, 128}, 0.02);
    model.graph.nodes[0].inputs.pop_back();
    ExpectClose(model, kInt8, {5, 128}, 0.02);
  }
}

TEST_F(PrecisionTest, WeightsOfZerosAndOfAllSizesAreClose) {
  Model model = onnxfile::MatMulModel();
  std::vector<float> weights = onnxfile::MadeUpNumbers(128 * 128);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] *= i % 128 == 3 ? 0.F : i % 128 == 5 ? 1e-42F : 1.F;
  model.graph.initializers[0] = onnxfile::Constant("w", onnxfile::ElementType::kFloat, {128, 128}, weights);
  ExpectClose(model, kInt8, {5, 128}, 0.02);
}

TEST_F(PrecisionTest, ModelsOfOldOpsetsAreClose) {
  Model model = onnxfile::ProductModel({{"Gemm", {"x", "w", "b"}, {"product"}}, {"Relu", {"product"}, {"y"}}});
  model.ir_version = 3;
  model.opsets = {{"", 9}};
  for (const char* name : {"w", "b"}) {
    model.graph.inputs.push_back({name, onnxfile::ElementType::kFloat, {128}});
    if (*name == 'w') model.graph.inputs.back().dims.emplace_back(128);
  }
  ExpectClose(model, kInt8, {5, 128}, 0.02);
  ExpectClose(model, kFp16, {5, 128}, 0.005);
  // Which opset 11 writes otherwise.
  model.graph.nodes[1] = {"Clip", {"product"}, {"y"}, {{"min", 0.F}, {"max", 1.F}}};
  ExpectClose(model, kInt8, {5, 128}, 0.05);
  ExpectClose(model, kFp16, {5, 128}, 0.02);
}

TEST_F(PrecisionTest, ConvolutionsOfIntegersAreClose) {
  ExpectClose(onnxfile::ConvModel(1), {.convolutions = true}, {3, 32, 8, 8}, 0.02);
  ExpectClose(onnxfile::ConvModel(2), {.convolutions = true}, {3, 64, 8, 8}, 0.02);
}

TEST_F(PrecisionTest, ADeepModelChoosesTheSame) {
  for (const LoweringOptions& options : {kInt8, kFp16}) {
    const OutputDifference difference = Compare(onnxfile::DeepModel(), options, {128, 128});
    EXPECT_GT(difference.worst(), 0);
    EXPECT_LT(difference.worst(), options.precision == Precision::kInt8 ? 0.1 : 0.01);
    EXPECT_GE(difference.top1_agreement().value(), 0.95);
  }
}

TEST_F(PrecisionTest, Fp16IsClose) {
  ExpectClose(onnxfile::MatMulModel(), kFp16, {5, 128}, 0.005);
  ExpectClose(onnxfile::SharedModel(), kFp16, {5, 128}, 0.005);
  ExpectClose(onnxfile::BatchedModel(), kFp16, {2, 5, 128}, 0.005);
  ExpectClose(onnxfile::ConvModel(2), kFp16, {3, 64, 8, 8}, 0.005);
}

TEST_F(PrecisionTest, NoRowsAreNoRows) {
  for (const LoweringOptions& options : {kInt8, kFp16}) {
    const std::vector<Tensor> outputs = Run(Lowered(onnxfile::MatMulModel(), options), {0, 128}, {});
    ASSERT_EQ(outputs.size(), 1U);
    EXPECT_EQ(outputs[0].shape, Shape({0, 128}));
  }
}

}  // namespace
}  // namespace trireme::onnx
