// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/predict_shape.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace trireme::onnx {
namespace {

TensorSpec Spec(const Shape& shape, std::vector<std::string> dim_names) {
  return {.name = "x", .shape = shape, .dim_names = std::move(dim_names)};
}

const std::vector<TensorSpec> kInputs = {Spec({-1, 3}, {"n", ""}), Spec({-1, -1}, {"n", "length"})};
const std::vector<Tensor> kTensors = {{DataType::kFp32, {5, 3}, {}}, {DataType::kFp32, {5, 7}, {}}};

TEST(PredictShape, TakesNamedDimensionsFromTheInputs) {
  EXPECT_EQ(PredictShape(Spec({-1, -1, 4}, {"n", "length", ""}), kInputs, kTensors), Shape({5, 7, 4}));
}

TEST(PredictShape, IsCertainOfFixedDimensions) {
  EXPECT_EQ(PredictShape(Spec({2, 2}, {"", ""}), kInputs, kTensors), Shape({2, 2}));
  EXPECT_EQ(PredictShape(Spec({}, {}), kInputs, kTensors), Shape());
}

TEST(PredictShape, DoesNotGuess) {
  EXPECT_EQ(PredictShape(Spec({-1}, {""}), kInputs, kTensors), std::nullopt);
  EXPECT_EQ(PredictShape(Spec({-1}, {"other"}), kInputs, kTensors), std::nullopt);
}

}  // namespace
}  // namespace trireme::onnx
