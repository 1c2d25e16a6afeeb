// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/ort_error.h"

#include <gtest/gtest.h>

namespace trireme::onnx {
namespace {

TEST(Clean, KeepsANodesNameAndDropsHowItWasReached) {
  EXPECT_EQ(Clean("Non-zero status code returned while running Gather node. Name:'lookup' Status Message: indices "
                  "element out of data bounds, idx=7 must be within the inclusive range [-4,3]"),
            "node 'lookup' (Gather): indices element out of data bounds, idx=7 must be within the inclusive range "
            "[-4,3]");
  EXPECT_EQ(Clean("Non-zero status code returned while running Add node. Name:'' Status Message: broken"),
            "node Add: broken");
}

TEST(Clean, DropsSourceFilesAndConditions) {
  EXPECT_EQ(
      Clean("/build/core/reshape_helper.h:47 onnxruntime::ReshapeHelper::ReshapeHelper(const Shape&, Dims&, bool) "
            "size != 0 && (input % size) == 0 was false. The input tensor cannot be reshaped."),
      "The input tensor cannot be reshaped.");
}

TEST(Clean, DropsSignaturesWithNestedBrackets) {
  EXPECT_EQ(Clean("Load model from /models/a.onnx failed:/build/load.h:46 void Check(std::function<void(int)>, bool) "
                  "Opset 999 (of ai.onnx) is unknown."),
            "Opset 999 (of ai.onnx) is unknown.");
}

TEST(Clean, MakesOneLineOfMany) {
  EXPECT_EQ(Clean("Got invalid dimensions for input: X for the following indices\n index: 1 Got: 17 Expected: 16\n "
                  "Please fix either the inputs/outputs or the model."),
            "Got invalid dimensions for input: X for the following indices index: 1 Got: 17 Expected: 16");
}

TEST(Clean, LeavesPlainTextAlone) {
  EXPECT_EQ(Clean("No graph was found."), "No graph was found.");
}

}  // namespace
}  // namespace trireme::onnx
