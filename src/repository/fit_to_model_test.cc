// SPDX-License-Identifier: Apache-2.0
#include "repository/fit_to_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace trireme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Severity = Finding::Severity;

constexpr int64_t kAny = Shape::kAny;

std::vector<std::string> Texts(const FittedSignature& fitted, Severity severity) {
  std::vector<std::string> texts;
  for (const Finding& finding : fitted.findings) {
    if (finding.severity == severity) texts.push_back(finding.ToString());
  }
  return texts;
}

DeclaredTensor Tensor(std::string name, std::optional<Shape> dims = {}, std::optional<Shape> reshape = {}) {
  DeclaredTensor tensor;
  tensor.name = std::move(name);
  tensor.dims = dims;
  tensor.reshape = reshape;
  return tensor;
}

DeclaredSignature Declare(std::optional<int64_t> max_batch_size, std::vector<DeclaredTensor> inputs,
                          std::vector<DeclaredTensor> outputs = {}) {
  DeclaredSignature declared;
  declared.file = "config.pbtxt";
  declared.max_batch_size = max_batch_size;
  declared.inputs = std::move(inputs);
  declared.outputs = std::move(outputs);
  return declared;
}

Signature Model(const Shape& input, const Shape& output = {kAny, 10}, bool batched = true) {
  return {.inputs = {{.name = "x", .type = DataType::kFp32, .shape = input}},
          .outputs = {{.name = "y", .type = DataType::kFp32, .shape = output}},
          .batched = batched};
}

TEST(FitToModel, SaysWhatTheModelSaysWhereNothingIsDeclared) {
  const Signature model = Model({kAny, 3, 224, 224});
  const FittedSignature fitted = FitToModel({}, model);
  EXPECT_EQ(fitted.signature.inputs[0].shape, model.inputs[0].shape);
  EXPECT_EQ(fitted.signature.inputs[0].model_shape, std::nullopt);
  EXPECT_EQ(fitted.signature.outputs[0].shape, model.outputs[0].shape);
  EXPECT_TRUE(fitted.signature.batched);
  EXPECT_THAT(fitted.findings, IsEmpty());
  EXPECT_TRUE(fitted.status().ok());
}

TEST(FitToModel, LaysDimsOverTheModels) {
  const std::optional<int64_t> unsaid;
  const struct {
    const char* what;
    std::optional<int64_t> max_batch_size;
    Shape dims;
    Shape model;
    Shape fitted;
    size_t warnings;
  } cases[] = {
      {"without rows", 8, {3, 4}, {kAny, 3, 4}, {kAny, 3, 4}, 0},
      {"narrowed", 8, {3, 4}, {kAny, kAny, kAny}, {kAny, 3, 4}, 0},
      {"left free", 8, {kAny, 4}, {kAny, kAny, kAny}, {kAny, kAny, 4}, 0},
      {"the model knows", 8, {kAny, 4}, {kAny, 3, 4}, {kAny, 3, 4}, 1},
      {"whole", 0, {2, 3}, {2, 3}, {2, 3}, 0},
      {"whole with free rows", 0, {kAny, 3}, {kAny, 3}, {kAny, 3}, 0},
      {"whole, narrowed", 0, {5, 3}, {kAny, 3}, {5, 3}, 0},
      {"unsaid, without rows", unsaid, {3}, {kAny, 3}, {kAny, 3}, 0},
      {"unsaid, whole", unsaid, {kAny, 3}, {kAny, 3}, {kAny, 3}, 0},
      {"unsaid, narrowed rows", unsaid, {7, 3}, {kAny, 3}, {7, 3}, 0},
      {"unsaid, fixed model", unsaid, {1, 3}, {1, 3}, {1, 3}, 0},
  };
  for (const auto& rule : cases) {
    const FittedSignature fitted =
        FitToModel(Declare(rule.max_batch_size, {Tensor("x", rule.dims)}), Model(rule.model));
    EXPECT_TRUE(fitted.status().ok()) << rule.what << ": " << fitted.status();
    EXPECT_EQ(fitted.signature.inputs[0].shape, rule.fitted) << rule.what;
    EXPECT_EQ(fitted.signature.inputs[0].model_shape, std::nullopt) << rule.what;
    EXPECT_THAT(Texts(fitted, Severity::kWarning), SizeIs(rule.warnings)) << rule.what;
  }
}

TEST(FitToModel, RefusesDimsThatContradictTheModel) {
  const std::optional<int64_t> unsaid;
  const struct {
    std::optional<int64_t> max_batch_size;
    Shape dims;
    Shape model;
    const char* error;
  } cases[] = {
      {8,
       {3, 244, 244},
       {kAny, 3, 224, 224},
       "config.pbtxt: input[0].dims: expected [3,224,224], as the model has it behind the batch dimension that "
       "max_batch_size: 8 stands for, found [3,244,244]; write dims: [3,224,224], or leave it out"},
      {8, {kAny, 3}, {kAny, 3}, "expected [3], as the model has it behind the batch dimension"},
      {8, {3}, {kAny, 3, 4}, "expected [3,4]"},
      {0,
       {3},
       {kAny, 3},
       "expected [-1,3], as the model has it (with max_batch_size: 0 all its dimensions), found [3]"},
      {0, {4}, {3}, "expected [3]"},
      {unsaid, {4}, {kAny, 3}, "expected [3], as the model has it, found [4]; write dims: [3], or leave it out"},
      {unsaid, {3}, {2, 3}, "expected [2,3], as the model has it, found [3]"},
      {unsaid, {1, 2, 3, 4}, {kAny, 3}, "expected [-1,3]"},
      {unsaid, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, {kAny}, "expected [-1]"},
  };
  for (const auto& mistake : cases) {
    const FittedSignature fitted =
        FitToModel(Declare(mistake.max_batch_size, {Tensor("x", mistake.dims)}), Model(mistake.model));
    EXPECT_EQ(fitted.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(Texts(fitted, Severity::kError), ElementsAre(HasSubstr(mistake.error)));
    EXPECT_EQ(fitted.signature.inputs[0].shape, mistake.model);
  }
}

TEST(FitToModel, ShowsClientsTheOtherSideOfAReshape) {
  const std::optional<int64_t> unsaid;
  const struct {
    const char* what;
    std::optional<int64_t> max_batch_size;
    Shape dims;
    Shape reshape;
    Shape model;
    Shape client;
    std::optional<Shape> model_shape;
    size_t warnings;
  } cases[] = {
      {"a scalar a row", 8, {1}, {}, {kAny}, {kAny, 1}, Shape{kAny}, 0},
      {"flattened", 8, {3, 4}, {12}, {kAny, 12}, {kAny, 3, 4}, Shape{kAny, 12}, 0},
      {"narrowed", 8, {3, 4}, {12}, {kAny, kAny}, {kAny, 3, 4}, Shape{kAny, 12}, 0},
      {"free", 8, {kAny, 4}, {2, kAny, 2}, {kAny, 2, kAny, 2}, {kAny, kAny, 4}, Shape{kAny, 2, kAny, 2}, 0},
      {"the model knows", 8, {kAny, 4}, {4, kAny}, {kAny, 4, 5}, {kAny, 5, 4}, Shape{kAny, 4, 5}, 1},
      {"whole", 0, {2, 3}, {6}, {6}, {2, 3}, Shape{6}, 0},
      {"whole scalar", 0, {1}, {}, {}, {1}, Shape{}, 0},
      {"unsaid, without rows", unsaid, {3, 4}, {12}, {kAny, 12}, {kAny, 3, 4}, Shape{kAny, 12}, 0},
      {"unsaid, whole", unsaid, {kAny, 3, 4}, {kAny, 12}, {kAny, 12}, {kAny, 3, 4}, Shape{kAny, 12}, 0},
      {"the same", 8, {3}, {3}, {kAny, 3}, {kAny, 3}, std::nullopt, 0},
  };
  for (const auto& rule : cases) {
    Signature model = Model(rule.model);
    model.inputs[0].dim_names.assign(rule.model.rank(), "d");
    const FittedSignature fitted =
        FitToModel(Declare(rule.max_batch_size, {Tensor("x", rule.dims, rule.reshape)}), model);
    EXPECT_TRUE(fitted.status().ok()) << rule.what << ": " << fitted.status();
    EXPECT_EQ(fitted.signature.inputs[0].shape, rule.client) << rule.what;
    EXPECT_EQ(fitted.signature.inputs[0].model_shape, rule.model_shape) << rule.what;
    EXPECT_THAT(fitted.signature.inputs[0].dim_names, SizeIs(rule.model_shape ? 0 : rule.model.rank())) << rule.what;
    EXPECT_THAT(Texts(fitted, Severity::kWarning), SizeIs(rule.warnings)) << rule.what;
  }
}

TEST(FitToModel, RefusesReshapesThatDoNotFit) {
  const struct {
    Shape dims;
    Shape reshape;
    const char* error;
  } cases[] = {
      {{13}, {13}, "input[0].reshape: expected [12], as the model has it"},
      {{3, 4}, {13}, "found [13], which has 13 elements, where dims have 12"},
      {{3, 5}, {12}, "input[0].reshape: expected as many elements and free dimensions as dims [3,5], found [12]"},
      {{kAny}, {12}, "found [12], which has 0 free dimensions, where dims have 1"},
      {{12}, {3, 4}, "write reshape: { shape: [12] }, or leave it out"},
      {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 12}, {12}, "input[0].reshape: expected [12]"},
  };
  for (const auto& mistake : cases) {
    const FittedSignature fitted =
        FitToModel(Declare(8, {Tensor("x", mistake.dims, mistake.reshape)}), Model({kAny, 12}));
    EXPECT_THAT(Texts(fitted, Severity::kError), ElementsAre(HasSubstr(mistake.error)));
  }
}

TEST(FitToModel, BatchesOnlyWhereEveryTensorHasADimensionForRows) {
  const FittedSignature fixed = FitToModel(Declare(8, {Tensor("x", Shape{3})}), Model({1, 3}, {}));
  EXPECT_THAT(Texts(fixed, Severity::kError),
              ElementsAre("config.pbtxt: max_batch_size: expected 0, as the model has no free outermost dimension for "
                          "rows in every input and output, found 8, and input \"x\" of shape [1,3]; write "
                          "max_batch_size: 0 and whole dims, or leave out both",
                          HasSubstr("output \"y\" of shape []")));
  EXPECT_FALSE(fixed.signature.batched);
  EXPECT_TRUE(FitToModel(Declare(0, {}), Model({1, 3}, {})).status().ok());
}

TEST(FitToModel, TheDeclarationDecidesWhetherRowsAreCounted) {
  const std::optional<int64_t> unsaid;
  const struct {
    std::optional<int64_t> max_batch_size;
    std::optional<Shape> dims;
    bool model_says;
    bool batched;
  } cases[] = {
      {unsaid, std::nullopt, true, true}, {unsaid, std::nullopt, false, false}, {0, std::nullopt, true, false},
      {8, std::nullopt, false, true},     {unsaid, Shape{4, 3}, true, false},   {unsaid, Shape{kAny, 3}, true, true},
  };
  for (const auto& rule : cases) {
    const FittedSignature fitted = FitToModel(Declare(rule.max_batch_size, {Tensor("x", rule.dims)}),
                                              Model({kAny, 3}, {kAny, 10}, rule.model_says));
    EXPECT_EQ(fitted.signature.batched, rule.batched);
    EXPECT_TRUE(fitted.status().ok());
  }
}

TEST(FitToModel, TheTypeMustBeTheModels) {
  DeclaredTensor tensor = Tensor("x");
  tensor.type = DataType::kFp32;
  EXPECT_TRUE(FitToModel(Declare({}, {tensor}), Model({kAny})).status().ok());
  tensor.type = DataType::kBytes;
  tensor.type_place = {.field = "input[0].data_type", .line = 4, .column = 7};
  EXPECT_THAT(Texts(FitToModel(Declare({}, {tensor}), Model({kAny})), Severity::kError),
              ElementsAre("config.pbtxt:4:7: input[0].data_type: expected TYPE_FP32, as the model has it, found "
                          "TYPE_STRING; write data_type: TYPE_FP32, or leave it out"));
}

TEST(FitToModel, ANameMustBeOneOfTheModels) {
  const FittedSignature fitted = FitToModel(Declare({}, {Tensor("X")}, {Tensor("score"), Tensor("y")}), Model({kAny}));
  EXPECT_THAT(
      Texts(fitted, Severity::kError),
      ElementsAre("config.pbtxt: input[0].name: expected an input of the model: \"x\", found \"X\"; take one of "
                  "these names, or leave this input out",
                  HasSubstr("output[0].name: expected an output of the model: \"y\", found \"score\"")));
  Signature model = Model({kAny});
  model.inputs[0].name = "input_ids";
  EXPECT_THAT(Texts(FitToModel(Declare({}, {Tensor("inputs_id")}), model), Severity::kError),
              ElementsAre(HasSubstr("did you mean \"input_ids\"?")));
}

TEST(FitToModel, MayDeclareSomeAndInAnyOrder) {
  Signature model = Model({kAny, kAny});
  model.inputs.push_back({.name = "mask", .type = DataType::kInt64, .shape = {kAny, kAny}});
  const FittedSignature fitted = FitToModel(Declare(4, {Tensor("mask", Shape{16}), Tensor("x")}), model);
  EXPECT_TRUE(fitted.status().ok());
  EXPECT_EQ(fitted.signature.inputs[0].shape, (Shape{kAny, kAny}));
  EXPECT_EQ(fitted.signature.inputs[1].shape, (Shape{kAny, 16}));
  EXPECT_TRUE(FitToModel(Declare(4, {}, {}), model).status().ok());
}

TEST(FitToModel, AnInputThatTheModelNeedsStaysRequired) {
  DeclaredTensor tensor = Tensor("x");
  tensor.optional = true;
  Signature model = Model({kAny});
  const FittedSignature needed = FitToModel(Declare({}, {tensor}), model);
  EXPECT_FALSE(needed.signature.inputs[0].optional);
  EXPECT_THAT(Texts(needed, Severity::kWarning), ElementsAre(HasSubstr("input[0].optional: expected an input that")));
  model.inputs[0].optional = true;
  EXPECT_THAT(FitToModel(Declare({}, {tensor}), model).findings, IsEmpty());
  tensor.optional = false;
  EXPECT_TRUE(FitToModel(Declare({}, {tensor}), model).signature.inputs[0].optional);
}

TEST(FitToModel, FindsEveryMistake) {
  DeclaredTensor wrong = Tensor("x", Shape{4});
  wrong.type = DataType::kInt8;
  const FittedSignature fitted =
      FitToModel(Declare(8, {wrong, Tensor("z")}, {Tensor("y", Shape{11})}), Model({kAny, 3}));
  EXPECT_THAT(Texts(fitted, Severity::kError), SizeIs(4));
}

}  // namespace
}  // namespace trireme
