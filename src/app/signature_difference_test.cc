// SPDX-License-Identifier: Apache-2.0
#include "app/signature_difference.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

DeclaredTensor Declared(std::string name, std::optional<DataType> type, const std::optional<Shape>& dims) {
  DeclaredTensor tensor;
  tensor.name = std::move(name);
  tensor.type = type;
  tensor.dims = dims;
  return tensor;
}

const Signature kModel = {.inputs = {{.name = "x", .type = DataType::kFp32, .shape = {-1, 16}}},
                          .outputs = {{.name = "y", .type = DataType::kInt64, .shape = {-1, 2}}},
                          .batched = true};

// "subject|file|model" of each.
std::vector<std::string> Of(const DeclaredSignature& file, const Signature& model = kModel) {
  std::vector<std::string> texts;
  for (const auto& [subject, file_says, model_says] : SignatureDifferences(file, model)) {
    texts.push_back(subject + "|" + file_says + "|" + model_says);
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(SignatureDifferences, SilenceIsNone) {
  EXPECT_EQ(Of({}), Texts());
  DeclaredSignature file;
  file.inputs = {Declared("x", {}, {})};
  EXPECT_EQ(Of(file), Texts());
}

TEST(SignatureDifferences, TheBatchDimensionIsNone) {
  DeclaredSignature file;
  file.max_batch_size = 8;
  file.inputs = {Declared("x", DataType::kFp32, Shape{16})};
  file.outputs = {Declared("y", DataType::kInt64, Shape{2})};
  EXPECT_EQ(Of(file), Texts());
}

TEST(SignatureDifferences, NamesTypesDimsAndTensorsThatAreNotThere) {
  DeclaredSignature file;
  file.max_batch_size = 8;
  file.inputs = {Declared("x", DataType::kFp16, Shape{17}), Declared("z", {}, Shape{1})};
  file.outputs = {Declared("y", {}, Shape{2, 1})};
  EXPECT_EQ(Of(file), (Texts{"input x: data_type|FP16|FP32", "input x: dims|[17]|[16]",
                             "input z|[1]|has none of that name", "output y: dims|[2,1]|[2]"}));
}

TEST(SignatureDifferences, ComparesWhatAReshapeLeadsTo) {
  DeclaredSignature file;
  file.max_batch_size = 8;
  file.inputs = {Declared("x", {}, Shape{4, 4})};
  file.inputs[0].reshape = Shape{16};
  EXPECT_EQ(Of(file), Texts());
  file.inputs[0].reshape = Shape{8};
  EXPECT_EQ(Of(file), Texts{"input x: dims|reshape of [4,4] to [8]|[16]"});
}

TEST(SignatureDifferences, SaysWhoCountsRows) {
  DeclaredSignature file;
  file.max_batch_size = 0;
  EXPECT_EQ(Of(file), Texts{"max_batch_size|0|the outermost dimension may count rows"});
  file.max_batch_size = 4;
  Signature model = kModel;
  model.batched = false;
  EXPECT_EQ(Of(file, model), Texts{"max_batch_size|4|no dimension counts rows"});
}

TEST(SignatureDifferences, AModelThatCouldNotBeReadSaysNothing) {
  DeclaredSignature file;
  file.max_batch_size = 4;
  file.inputs = {Declared("x", DataType::kFp32, Shape{16})};
  EXPECT_EQ(Of(file, {}), Texts());
}

TEST(SignatureDifferences, AScalarHasNoRowsToLeaveOut) {
  DeclaredSignature file;
  file.max_batch_size = 4;
  file.inputs = {Declared("s", {}, Shape{1})};
  EXPECT_EQ(Of(file, {.inputs = {{.name = "s", .type = DataType::kFp32, .shape = {}}}, .outputs = {}, .batched = true}),
            Texts{"input s: dims|[1]|[]"});
}

}  // namespace
}  // namespace trireme
