// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/weights.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "onnxfile/onnx_writer.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {
namespace {

TensorProto TensorOf(ElementType type, std::vector<int64_t> dims, size_t bytes) {
  return {.name = "w",
          .type = type,
          .dims = std::move(dims),
          .raw = std::string(bytes, 'w'),
          .strings = {},
          .external_location = {}};
}

std::string ModelWith(std::vector<TensorProto> constants) {
  Model model;
  model.graph.initializers = std::move(constants);
  return Serialize(model);
}

std::vector<WeightSpan> WeightsOf(const std::string& model) {
  ByteSource source(model);
  auto weights = FindWeights(source);
  EXPECT_TRUE(weights.ok()) << weights.status();
  return weights.ok() ? *std::move(weights) : std::vector<WeightSpan>();
}

TEST(Weights, AreWhereTheirElementsLie) {
  const std::string model = ModelWith({TensorOf(ElementType::kFloat, {4, 8}, 128)});
  const auto weights = WeightsOf(model);
  ASSERT_EQ(weights.size(), 1U);
  EXPECT_EQ(weights[0].type, ElementType::kFloat);
  EXPECT_EQ(model.substr(weights[0].bytes.begin, weights[0].bytes.size()), std::string(128, 'w'));
}

TEST(Weights, AreFloatsOfAnyRankAndMatricesOfEightBits) {
  const auto found = [](ElementType type, std::vector<int64_t> dims, size_t bytes) {
    return !WeightsOf(ModelWith({TensorOf(type, std::move(dims), bytes)})).empty();
  };
  EXPECT_TRUE(found(ElementType::kFloat, {16}, 64));
  EXPECT_TRUE(found(ElementType::kFloat16, {16}, 32));
  EXPECT_TRUE(found(ElementType::kBfloat16, {4, 4}, 32));
  EXPECT_TRUE(found(ElementType::kDouble, {16}, 128));
  EXPECT_TRUE(found(ElementType::kInt8, {4, 4}, 16));
  EXPECT_TRUE(found(ElementType::kUint8, {4, 4}, 16));
  EXPECT_FALSE(found(ElementType::kInt8, {16}, 16)) << "zero points";
  EXPECT_FALSE(found(ElementType::kFloat, {15}, 60)) << "parameters";
  EXPECT_FALSE(found(ElementType::kInt64, {4, 4}, 128)) << "shapes";
  EXPECT_FALSE(found(ElementType::kFloat, {16}, 63)) << "not whole elements";
}

TEST(Weights, OfNodesAttributesCount) {
  Model model;
  model.graph.nodes = {{.op_type = "Constant",
                        .inputs = {},
                        .outputs = {"w"},
                        .attributes = {{"value", TensorOf(ElementType::kFloat, {4, 4}, 64)}}}};
  EXPECT_EQ(WeightsOf(Serialize(model)).size(), 1U);
}

TEST(Weights, MayLieInFieldsOfTheirOwn) {
  WireWriter writer;
  writer.Message(7, [&] {       // ModelProto.graph
    writer.Message(5, [&] {     // GraphProto.initializer
      writer.Bytes(1, "\x10");  // TensorProto.dims, packed
      writer.Varint(2, 1);      // data_type: FLOAT
      writer.Bytes(4, std::string(64, 'w'));
    });
  });
  EXPECT_EQ(WeightsOf(std::move(writer).Take()).size(), 1U);
}

TEST(Weights, OfABrokenModelAreAnError) {
  const std::string whole = ModelWith({TensorOf(ElementType::kFloat, {4, 8}, 128)});
  const std::string cut_off = whole.substr(0, whole.size() / 2);
  ByteSource source(cut_off);
  EXPECT_EQ(FindWeights(source).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme::onnxfile
