// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "onnxfile/graph_index.h"
#include "onnxfile/onnx_reader.h"
#include "onnxfile/testing/lowering_models.h"
#include "onnxfile/testing/test_models.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

Status NoData(const ExternalTensor& tensor, std::span<char>) {
  return InvalidArgument("nobody should read '" + tensor.name + "'");
}

Result<LoweredModel> Lower(const std::string& model, const LoweringOptions& options = {}) {
  return LowerPrecision(model, options, NoData);
}

LoweredModel Lowered(const Model& model, const LoweringOptions& options = {}) {
  Result<LoweredModel> lowered = Lower(Serialize(model), options);
  EXPECT_TRUE(lowered.ok()) << lowered.status();
  return lowered.ok() ? std::move(lowered).value() : LoweredModel{};
}

LoweredModel ToFp16(const Model& model) {
  return Lowered(model, {.precision = Precision::kFp16});
}

std::map<std::string, int64_t> OpsOf(const std::string& model) {
  const auto summary = ReadModelSummary(model);
  EXPECT_TRUE(summary.ok()) << summary.status();
  return {summary->op_counts.begin(), summary->op_counts.end()};
}

// Constants of the outermost graph by name, with their types.
std::map<std::string, ElementType> ConstantsOf(const std::string& model) {
  const auto index = IndexModel(model);
  EXPECT_TRUE(index.ok()) << index.status();
  std::map<std::string, ElementType> constants;
  for (const IndexedConstant& constant : index->graphs[0].initializers) constants[constant.name] = constant.type;
  return constants;
}

std::string WhyLeft(const LoweredModel& lowered) {
  return lowered.report.left.size() == 1 ? lowered.report.left[0].why : "nothing, or more than one thing";
}

TEST(Precision, HasNames) {
  for (const Precision precision : {Precision::kFp32, Precision::kFp16, Precision::kInt8}) {
    EXPECT_EQ(ParsePrecision(Name(precision)), precision);
  }
  EXPECT_FALSE(ParsePrecision("int4"));
  EXPECT_FALSE(ParsePrecision(""));
}

TEST(LowerToInt8, PutsAProductOfIntegersInPlaceOfAMatMul) {
  const LoweredModel lowered = Lowered(MatMulModel());
  EXPECT_THAT(OpsOf(lowered.bytes), ElementsAre(Pair("Add", 1), Pair("Cast", 1), Pair("DynamicQuantizeLinear", 1),
                                                Pair("MatMulInteger", 1), Pair("Mul", 2), Pair("Relu", 1)));
  EXPECT_THAT(ConstantsOf(lowered.bytes),
              UnorderedElementsAre(Pair("b", ElementType::kFloat), Pair("w_int8", ElementType::kInt8),
                                   Pair("w_zero", ElementType::kInt8), Pair("w_int8_scale", ElementType::kFloat)));
  ASSERT_EQ(lowered.report.changed.size(), 1U);
  EXPECT_EQ(lowered.report.changed[0].op_type, "MatMul");
  EXPECT_EQ(lowered.report.changed_nodes(), 1);
  EXPECT_THAT(lowered.report.left, IsEmpty());
  EXPECT_EQ(lowered.report.bytes_before, Serialize(MatMulModel()).size());
  EXPECT_EQ(lowered.report.bytes_after, lowered.bytes.size());
  EXPECT_LT(lowered.bytes.size(), 20'000U);  // 16384 weights and their scales
}

TEST(LowerToInt8, KeepsWhatTheModelTakesAndGives) {
  const auto before = ReadModelSummary(Serialize(DeepModel()));
  const auto after = ReadModelSummary(Lowered(DeepModel()).bytes);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->inputs.size(), 1U);
  EXPECT_EQ(after->inputs[0].name, "x");
  EXPECT_EQ(after->outputs[0].name, "y");
  EXPECT_EQ((*after->outputs[0].dims)[1].size, 10);
  EXPECT_EQ(after->opsets, before->opsets);
  EXPECT_EQ(after->producer_name, before->producer_name);
}

TEST(LowerToInt8, RoundsSharedWeightsAndInputsOnce) {
  const LoweredModel lowered = Lowered(SharedModel());
  const auto ops = OpsOf(lowered.bytes);
  EXPECT_EQ(ops.at("MatMulInteger"), 3);
  EXPECT_EQ(ops.at("DynamicQuantizeLinear"), 2);  // x, and what stands in the middle
  EXPECT_FALSE(ops.contains("Transpose"));        // nobody reads it any more
  EXPECT_THAT(ConstantsOf(lowered.bytes),
              AllOf(Contains(Pair("w", ElementType::kFloat)), Contains(Pair("w_int8", ElementType::kInt8)),
                    Contains(Pair("w_int8_2", ElementType::kInt8))));  // somebody reads w itself
}

TEST(LowerToInt8, FindsWeightsBehindOtherNodes) {
  const LoweredModel lowered = Lowered(HiddenWeightsModel());
  EXPECT_THAT(OpsOf(lowered.bytes),
              ElementsAre(Pair("Cast", 1), Pair("DynamicQuantizeLinear", 1), Pair("MatMulInteger", 1), Pair("Mul", 2)));
  EXPECT_THAT(ConstantsOf(lowered.bytes), Contains(Pair("weights_int8", ElementType::kInt8)));
}

TEST(LowerToInt8, ReachesIntoBranches) {
  const LoweredModel lowered = Lowered(BranchModel());
  EXPECT_EQ(OpsOf(lowered.bytes).at("MatMulInteger"), 2);
  EXPECT_THAT(ConstantsOf(lowered.bytes),
              AllOf(Contains(Pair("w_int8", ElementType::kInt8)), Not(Contains(Pair("w", ElementType::kFloat)))));
  const auto index = IndexModel(lowered.bytes);
  ASSERT_TRUE(index.ok()) << index.status();
  ASSERT_EQ(index->graphs.size(), 3U);
  EXPECT_THAT(index->graphs[2].initializers, Contains(testing::Field(&IndexedConstant::name, "v_int8")));
  EXPECT_THAT(index->graphs[2].initializers, Not(Contains(testing::Field(&IndexedConstant::name, "v"))));
}

TEST(LowerToInt8, LeavesConvolutionsUnlessAsked) {
  const auto refused = Lower(Serialize(ConvModel(1)));
  EXPECT_EQ(refused.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(refused.status().message(),
            "nothing in the model can be lowered to int8: Conv: slower in integers (--convolutions) (1 node, as 'y')");
  const LoweredModel lowered = Lowered(ConvModel(2), {.convolutions = true});
  const auto ops = OpsOf(lowered.bytes);
  EXPECT_EQ(ops.at("ConvInteger"), 1);
  EXPECT_FALSE(ops.contains("Conv"));
  const auto index = IndexModel(lowered.bytes);
  const auto& nodes = index->graphs[0].nodes;
  const auto node = std::ranges::find(nodes, "ConvInteger", &IndexedNode::op_type);
  EXPECT_EQ(node->IntOr("group", 1), 2);
  EXPECT_EQ(node->Find("strides")->numbers, (std::vector<int64_t>{2, 2}));
}

TEST(LowerToInt8, SaysWhyANodeIsLeft) {
  Model model = MatMulModel();
  const auto add = [&](Node node) { model.graph.nodes.push_back(std::move(node)); };
  add({"MatMul", {"x", "y"}, {"free"}});
  EXPECT_EQ(WhyLeft(Lowered(model)), "no constant weights");
  model.graph.nodes.back() = {"MatMul", {"x", "small"}, {"less"}};
  model.graph.initializers.push_back(MadeUpWeights("small", {128, 2}));
  EXPECT_EQ(WhyLeft(Lowered(model)), "too small to pay");
  model.graph.initializers.back() = MadeUpWeights("small", {128});
  EXPECT_EQ(WhyLeft(Lowered(model)), "weights of 1 dimensions");
  model.graph.initializers.back() =
      Constant("small", ElementType::kDouble, {128, 128}, std::vector<double>(128 * 128, 1.0));
  EXPECT_EQ(WhyLeft(Lowered(model)), "weights that are not FP32");
  for (const float odd : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> weights = MadeUpNumbers(128 * 128);
    weights[77] = odd;
    model.graph.initializers.back() = Constant("small", ElementType::kFloat, {128, 128}, weights);
    EXPECT_EQ(WhyLeft(Lowered(model)), "weights with a NaN or an infinity");
  }
  model.graph.initializers.back() = MadeUpWeights("small", {70'000, 1});
  EXPECT_EQ(WhyLeft(Lowered(model)), "sums of so many products that 32 bits may not hold them");
  model.graph.nodes.back() = {"Gemm", {"x", "w"}, {"turned"}, {{"transA", int64_t{1}}}};
  EXPECT_EQ(WhyLeft(Lowered(model)), "its other side is transposed");
  model.graph.nodes.back().attributes = {{"alpha", std::numeric_limits<float>::infinity()}};
  EXPECT_EQ(WhyLeft(Lowered(model)), "an alpha beyond a million");
}

TEST(LowerToInt8, LeavesWeightsThatARunMayReplace) {
  Model model = MatMulModel();
  model.graph.inputs.push_back({"w", ElementType::kFloat, {128, 128}});
  EXPECT_THAT(Lower(Serialize(model)).status().message(),
              HasSubstr("MatMul: no constant weights (1 node, as 'product')"));
  // Before IR version 4 every constant had to be listed, and none could be replaced.
  model.ir_version = 3;
  model.graph.inputs.push_back({"b", ElementType::kFloat, {128}});
  const LoweredModel lowered = Lowered(model);
  const auto index = IndexModel(lowered.bytes);
  std::vector<std::string> listed;
  for (const GraphValue& input : index->graphs[0].inputs) listed.push_back(input.name);
  EXPECT_THAT(listed, UnorderedElementsAre("x", "b", "w_int8", "w_zero", "w_int8_scale"));
  EXPECT_EQ(ReadModelSummary(lowered.bytes)->inputs.size(), 1U);
}

TEST(LowerToInt8, TakesNamesThatAreFree) {
  Model model = MatMulModel();
  for (Node& node : model.graph.nodes) {
    for (std::string& name : node.inputs) name = name == "product" ? "w_int8" : name;
    for (std::string& name : node.outputs) name = name == "product" ? "w_int8" : name;
  }
  const LoweredModel lowered = Lowered(model);
  EXPECT_THAT(ConstantsOf(lowered.bytes),
              AllOf(Contains(Pair("w_int8_2", ElementType::kInt8)), Not(Contains(Pair("w_int8", ElementType::kInt8)))));
}

TEST(LowerToInt8, RaisesTheOpsetWhereThatChangesNothing) {
  Model model = MatMulModel();
  model.opsets = {{"", 9}, {"ai.onnx.ml", 2}};
  const LoweredModel lowered = Lowered(model);
  EXPECT_THAT(ReadModelSummary(lowered.bytes)->opsets, ElementsAre(OpsetImport{"", 11}, OpsetImport{"ai.onnx.ml", 2}));
  EXPECT_THAT(lowered.report.notes, ElementsAre("opset 9 was raised to 11"));
  model.graph.nodes.push_back({"BatchNormalization", {"y", "b", "b", "b", "b"}, {"z"}});
  EXPECT_THAT(Lowered(model).report.notes, ElementsAre("opset 9 was raised to 11"));
  model.opsets = {{"ai.onnx.ml", 2}};
  EXPECT_EQ(Lower(Serialize(model)).status().message(), "the model imports no opset of ai.onnx");
}

TEST(LowerToInt8, TakesTheRuntimesOwnProductsWhereRaisingTheOpsetWouldChangeSomething) {
  Model model = MatMulModel();
  model.opsets = {{"", 9}};
  model.graph.nodes.push_back({"Clip", {"y"}, {"z"}, {{"min", 0.F}}});
  const LoweredModel lowered = Lowered(model);
  EXPECT_THAT(ReadModelSummary(lowered.bytes)->opsets,
              ElementsAre(OpsetImport{"", 9}, OpsetImport{"com.microsoft", 1}));
  EXPECT_THAT(OpsOf(lowered.bytes), ElementsAre(Pair("Add", 1), Pair("Clip", 1), Pair("Relu", 1),
                                                Pair("com.microsoft.DynamicQuantizeMatMul", 1)));
  EXPECT_THAT(lowered.report.notes, ElementsAre(HasSubstr("(Clip means something else there)")));
  model.graph.nodes.pop_back();
  model.opsets = {{"", 6}, {"com.microsoft", 1}};
  const LoweredModel old = Lowered(model);
  EXPECT_EQ(ReadModelSummary(old.bytes)->opsets.size(), 2U);
  EXPECT_THAT(old.report.notes, ElementsAre(HasSubstr("(it is too old)")));
  model = BatchedModel();
  model.opsets = {{"", 6}};
  EXPECT_THAT(Lower(Serialize(model)).status().message(), HasSubstr("with an opset that cannot be raised (1 node"));
}

TEST(LowerToInt8, ReadsAndEmbedsDataOfOtherFiles) {
  Model model = MatMulModel();
  for (TensorProto& tensor : model.graph.initializers) {
    tensor.raw.clear();
    tensor.external_location = tensor.name + ".bin";
  }
  std::vector<std::string> read;
  const auto lowered = LowerPrecision(Serialize(model), {}, [&](const ExternalTensor& tensor, std::span<char> to) {
    read.push_back(tensor.location);
    const std::vector<float> numbers = MadeUpNumbers(static_cast<int64_t>(to.size() / sizeof(float)));
    std::ranges::copy(std::as_bytes(std::span(numbers)), std::as_writable_bytes(to).begin());
    return Status();
  });
  ASSERT_TRUE(lowered.ok()) << lowered.status();
  EXPECT_THAT(read, ElementsAre("w.bin", "b.bin"));
  EXPECT_THAT(ReadModelSummary(lowered->bytes)->external_tensors, IsEmpty());
  EXPECT_GT(lowered->report.bytes_before, 64U * 128 * sizeof(float));
  const auto failed = LowerPrecision(Serialize(model), {}, NoData);
  EXPECT_EQ(failed.status().message(), "nobody should read 'w'");
}

TEST(LowerToInt8, RefusesWhatHasNothingToLower) {
  EXPECT_EQ(Lower(AddModel()).status().message(),
            "nothing in the model can be lowered to int8: it has no matrix products");
  EXPECT_FALSE(Lower(AddModel(), {.precision = Precision::kFp32}).ok());
  for (const ModelFile& model : BadModels()) {
    EXPECT_EQ(Lower(model.bytes).status().code(), StatusCode::kInvalidArgument) << model.name;
  }
}

TEST(LowerToFp16, StandsBetweenCasts) {
  const LoweredModel lowered = ToFp16(MatMulModel());
  EXPECT_THAT(OpsOf(lowered.bytes), ElementsAre(Pair("Add", 1), Pair("Cast", 2), Pair("MatMul", 1), Pair("Relu", 1)));
  EXPECT_THAT(ConstantsOf(lowered.bytes),
              UnorderedElementsAre(Pair("w_fp16", ElementType::kFloat16), Pair("b_fp16", ElementType::kFloat16)));
  const auto summary = ReadModelSummary(lowered.bytes);
  EXPECT_EQ(summary->inputs[0].type, ElementType::kFloat);
  EXPECT_EQ(summary->outputs[0].type, ElementType::kFloat);
  EXPECT_EQ(summary->outputs[0].name, "y");
  EXPECT_EQ(lowered.report.changed_nodes(), 3);
}

TEST(LowerToFp16, LeavesWhatNeedsMoreRangeInFp32) {
  Model model = MatMulModel();
  model.graph.nodes.back().outputs = {"relu"};
  model.graph.nodes.push_back({"Exp", {"relu"}, {"exp"}});
  model.graph.nodes.push_back({"Add", {"exp", "b"}, {"sum2"}});  // follows nobody in FP16
  model.graph.nodes.push_back({"MatMul", {"sum2", "w"}, {"y"}});
  const LoweredModel lowered = ToFp16(model);
  // x; Exp's input; the second product's input; y.
  EXPECT_EQ(OpsOf(lowered.bytes).at("Cast"), 4);
  EXPECT_THAT(ConstantsOf(lowered.bytes),
              UnorderedElementsAre(Pair("w_fp16", ElementType::kFloat16), Pair("b_fp16", ElementType::kFloat16),
                                   Pair("b", ElementType::kFloat)));
}

// The constant that stands for "b", as bytes.
std::string NarrowedB(const LoweredModel& lowered) {
  const auto index = IndexModel(lowered.bytes);
  const auto& constants = index->graphs[0].initializers;
  const auto b = std::ranges::find(constants, "b_fp16", &IndexedConstant::name);
  if (b == constants.end()) return "there is none";
  return lowered.bytes.substr(b->elements->begin, b->elements->size());
}

TEST(LowerToFp16, MovesSingleNumbersIntoItsRange) {
  Model model = MatMulModel();
  const auto lowered_with = [&](std::vector<float> numbers, std::vector<int64_t> dims) {
    model.graph.initializers[1] = Constant<float>("b", ElementType::kFloat, std::move(dims), numbers);
    return ToFp16(model);
  };
  const LoweredModel lowered = lowered_with({-3.4e38F}, {1});
  EXPECT_EQ(NarrowedB(lowered), std::string("\xFF\xFB", 2));
  EXPECT_THAT(lowered.report.notes, Contains(HasSubstr("1 number is beyond FP16's range")));
  EXPECT_EQ(NarrowedB(lowered_with({1e-12F}, {})), std::string("\x01\x00", 2));
  EXPECT_EQ(NarrowedB(lowered_with({0}, {})), std::string("\x00\x00", 2));
  EXPECT_EQ(NarrowedB(lowered_with({1e-12F, 0.5F, -std::numeric_limits<float>::infinity()}, {3})),
            std::string("\x00\x00\x00\x38\x00\xFC", 6));
}

TEST(LowerToFp16, LeavesNodesWithManyNumbersBeyondItsRange) {
  Model model = MatMulModel();
  model.graph.initializers[1].raw.replace(0, 4, "\xF9\x02\x15\x50");  // 1e10
  const LoweredModel lowered = ToFp16(model);
  EXPECT_THAT(ConstantsOf(lowered.bytes),
              UnorderedElementsAre(Pair("w_fp16", ElementType::kFloat16), Pair("b", ElementType::kFloat)));
  EXPECT_EQ(lowered.report.changed_nodes(), 1);
  // What is normalised by such numbers is as large.
  model.graph.nodes[1] = {"BatchNormalization", {"product", "b", "b", "b", "b"}, {"sum"}};
  model.graph.nodes.push_back({"MatMul", {"sum", "w"}, {"z"}});
  const LoweredModel normalised = ToFp16(model);
  EXPECT_EQ(WhyLeft(normalised), "its output is beyond FP16's range");
  EXPECT_EQ(normalised.report.left[0].example, "product");
  EXPECT_EQ(normalised.report.changed_nodes(), 1);
}

TEST(LowerToFp16, LeavesGraphsWithinNodesAndGivesThemFp32) {
  Model model = BranchModel();
  model.graph.nodes.insert(model.graph.nodes.begin(), {"MatMul", {"input", "w"}, {"x"}});
  model.graph.inputs[0].name = "input";
  const LoweredModel lowered = ToFp16(model);
  const auto ops = OpsOf(lowered.bytes);
  EXPECT_EQ(ops.at("MatMul"), 3);
  EXPECT_EQ(ops.at("Cast"), 2);  // of the input, and of x for who reads it in FP32
  EXPECT_THAT(ConstantsOf(lowered.bytes),
              AllOf(Contains(Pair("w", ElementType::kFloat)), Contains(Pair("w_fp16", ElementType::kFloat16))));
}

TEST(LowerToFp16, LeavesOtherTypesAlone) {
  Model model = MatMulModel();
  model.graph.nodes.push_back({"Shape", {"sum"}, {"shape"}});
  model.graph.nodes.push_back({"Gather", {"shape", "zero"}, {"rows"}});
  model.graph.nodes.push_back({"Add", {"rows", "zero"}, {"sum_of_integers"}});
  model.graph.nodes.push_back({"MatMul", {"d", "d"}, {"of_doubles"}});
  model.graph.initializers.push_back(Constant<int64_t>("zero", ElementType::kInt64, {}, {0}));
  model.graph.inputs.push_back({"d", ElementType::kDouble, {4, 4}});
  const LoweredModel lowered = ToFp16(model);
  EXPECT_EQ(OpsOf(lowered.bytes).at("Cast"), 2);  // Shape takes what there is
  EXPECT_THAT(ConstantsOf(lowered.bytes), Contains(Pair("zero", ElementType::kInt64)));
  EXPECT_EQ(WhyLeft(lowered), "inputs that are not FP32");
}

TEST(LowerToFp16, RefusesWhatHasNoProducts) {
  EXPECT_EQ(Lower(AddModel(), {.precision = Precision::kFp16}).status().message(),
            "nothing in the model can be lowered to fp16: it has no matrix products or convolutions");
}

TEST(LowerPrecision, LeavesFunctionsAsTheyAre) {
  WireWriter function;
  function.Message(25, [&] { function.Bytes(1, "Own"); });
  const std::string own = std::move(function).Take();
  const auto lowered = Lower(Serialize(MatMulModel()) + own);
  ASSERT_TRUE(lowered.ok()) << lowered.status();
  EXPECT_TRUE(lowered->bytes.ends_with(own));
  EXPECT_THAT(lowered->report.notes, ElementsAre(HasSubstr("functions of its own")));
}

}  // namespace
}  // namespace trireme::onnxfile
