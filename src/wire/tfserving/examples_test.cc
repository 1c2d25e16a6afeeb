// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/examples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/tensorflow_serving.pb.h"
#include "tensor/bytes_elements.h"
#include "wire/tfserving/examples_json.h"
#include "wire/tfserving/inference_proto.h"
#include "wire/tfserving/results.h"

namespace trireme::tfserving {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kMostBytes = 1 << 16;

Signature Model() {
  return {.inputs = {{.name = "age", .type = DataType::kFp32, .shape = {-1, 1}},
                     {.name = "ids", .type = DataType::kInt64, .shape = {-1, 2}},
                     {.name = "name", .type = DataType::kBytes, .shape = {-1}, .optional = true}},
          .outputs = {}};
}

Result<std::vector<NamedTensor>> Inputs(std::string_view json, const Signature& signature = Model()) {
  static MemoryPool pool;
  const Result<ExamplesBody> body = DecodeExamples(json, "classify");
  if (!body.ok()) return body.status();
  return InputsOfExamples(body->views(), signature, {}, kMostBytes, pool);
}

std::string Why(std::string_view json, const Signature& signature = Model()) {
  const auto inputs = Inputs(json, signature);
  return inputs.ok() ? "it can be read" : inputs.status().message();
}

TEST(Examples, GoToTheInputsOfTheirNames) {
  const auto inputs = Inputs(R"({"examples": [{"age": 1.5, "ids": [1, -2], "name": "a"},
                                              {"age": 2, "ids": [3, 4], "name": {"b64": "YmM="}}]})");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->size(), 3U);
  EXPECT_EQ((*inputs)[0].tensor.shape, Shape({2, 1}));
  EXPECT_THAT((*inputs)[0].tensor.As<float>(), ElementsAre(1.5F, 2.0F));
  EXPECT_THAT((*inputs)[1].tensor.As<int64_t>(), ElementsAre(1, -2, 3, 4));
  EXPECT_EQ((*inputs)[2].tensor.shape, Shape({2}));
  EXPECT_TRUE(CheckBytesElements((*inputs)[2].tensor.data.bytes(), 2).ok());
}

// As a model says itself what it parses.
Result<std::vector<NamedTensor>> Parsed(std::string_view json) {
  static MemoryPool pool;
  const std::vector<float> ages = {7, 8};
  const ExampleFeature age{.key = "age",
                           .input = "x",
                           .type = DataType::kFp32,
                           .shape = {2},
                           .default_elements = std::string(reinterpret_cast<const char*>(ages.data()), 8)};
  const ExampleFeature id{.key = "id", .input = "ids", .type = DataType::kInt64, .shape = {}};
  const ExampleFeature name{.key = "name",
                            .input = "name",
                            .type = DataType::kBytes,
                            .shape = {1},
                            .default_texts = std::vector<std::string>{"nobody"}};
  const Signature signature = {.inputs = {{.name = "name", .type = DataType::kBytes, .shape = {-1, 1}},
                                          {.name = "x", .type = DataType::kFp32, .shape = {-1, 2}},
                                          {.name = "ids", .type = DataType::kInt64, .shape = {-1}}},
                               .outputs = {}};
  const Result<ExamplesBody> body = DecodeExamples(json, "classify");
  if (!body.ok()) return body.status();
  const std::vector<ExampleFeature> features = {age, id, name};
  return InputsOfExamples(body->views(), signature, features, kMostBytes, pool);
}

TEST(Examples, HaveDefaultsThatTheModelNames) {
  const auto inputs = Parsed(R"({"examples": [{"id": 1}, {"id": [2], "age": [1.5, 2.5], "name": "a"}, {"id": 3}]})");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->size(), 3U);
  EXPECT_EQ((*inputs)[0].name, "x");
  EXPECT_EQ((*inputs)[0].tensor.shape, Shape({3, 2}));
  EXPECT_THAT((*inputs)[0].tensor.As<float>(), ElementsAre(7, 8, 1.5, 2.5, 7, 8));
  EXPECT_EQ((*inputs)[1].tensor.shape, Shape({3}));
  EXPECT_THAT((*inputs)[1].tensor.As<int64_t>(), ElementsAre(1, 2, 3));
  EXPECT_EQ((*inputs)[2].tensor.shape, Shape({3, 1}));
  EXPECT_TRUE(CheckBytesElements((*inputs)[2].tensor.data.bytes(), 3).ok());
}

TEST(Examples, MustBeOfTheKindsThatTheModelParses) {
  EXPECT_THAT(Parsed(R"({"examples": [{}]})").status().message(),
              HasSubstr("Feature: id (data type: int64) is required"));
  EXPECT_THAT(Parsed(R"({"examples": [{"id": 1.5}]})").status().message(), HasSubstr("Key: id, Index: 0"));
  EXPECT_THAT(Parsed(R"({"examples": [{"id": 1, "age": [1, 2]}]})").status().message(),
              HasSubstr("Key: age, Index: 0.  Data types don't match. Expected type: float"));
  EXPECT_THAT(
      Parsed(R"({"examples": [{"id": 1}, {"id": 1, "age": 1.5}]})").status().message(),
      HasSubstr("Key: age, Index: 1.  Number of float values != expected. Values size: 1 but output shape: [2]"));
}

TEST(Examples, AreElementsOfATensorOfStrings) {
  std::vector<std::byte> bytes;
  AppendBytesElement(bytes, "one");
  AppendBytesElement(bytes, "");
  NamedTensor strings{"inputs", {.type = DataType::kBytes, .shape = {2}, .data = Buffer::CopyOf(bytes)}};
  EXPECT_THAT(ExamplesOfStrings(strings)->examples, ElementsAre("one", ""));
  strings.tensor.shape = {2, 1};
  EXPECT_THAT(
      ExamplesOfStrings(strings).status().message(),
      HasSubstr("input 'inputs': expected serialized tf.Examples, a list of strings, found string of shape [2,1]"));
}

TEST(Examples, HaveWhatTheirContextHas) {
  const auto inputs = Inputs(R"({"context": {"age": 9.0, "ids": [7, 7]}, "examples": [{}, {"ids": [1, 2]}]})");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->size(), 2U);  // nobody gave a name
  EXPECT_THAT((*inputs)[0].tensor.As<float>(), ElementsAre(9, 9));
  EXPECT_THAT((*inputs)[1].tensor.As<int64_t>(), ElementsAre(7, 7, 1, 2));
}

TEST(Examples, FindAnOpenLength) {
  const Signature signature{.inputs = {{.name = "x", .type = DataType::kFp32, .shape = {-1, -1, 2}}}, .outputs = {}};
  const auto inputs = Inputs(R"({"examples": [{"x": [1.0, 2.0, 3.0, 4.0]}]})", signature);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_EQ((*inputs)[0].tensor.shape, Shape({1, 2, 2}));
  EXPECT_THAT(Why(R"({"examples": [{"x": [1.0, 2.0, 3.0]}]})", signature), HasSubstr("Values size: 3"));
  EXPECT_THAT(Why(R"({"examples": [{"x": [1.0, 2.0]}, {"x": [1.0, 2.0, 3.0, 4.0]}]})", signature),
              HasSubstr("Index: 1"));
}

TEST(Examples, AreGivenToAModelThatReadsThemItself) {
  const Signature signature{.inputs = {{.name = "inputs", .type = DataType::kBytes, .shape = {-1}}}, .outputs = {}};
  const auto inputs = Inputs(R"({"context": {"a": 1}, "examples": [{"a": 2}, {}]})", signature);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  BytesReader reader((*inputs)[0].tensor.data.bytes());
  tensorflow::Example example;
  ASSERT_TRUE(example.ParseFromString(std::string(*reader.Next())));
  EXPECT_EQ(example.features().feature().at("a").int64_list().value(0), 2);  // the example's, not the context's
  ASSERT_TRUE(example.ParseFromString(std::string(*reader.Next())));
  EXPECT_EQ(example.features().feature().at("a").int64_list().value(0), 1);
}

TEST(Examples, SayWhatIsWrong) {
  EXPECT_EQ(Why("{}"), "JSON Value: {} When method is classify, key 'examples' is expected and was not found");
  EXPECT_THAT(Why(R"({"examples": []})"), HasSubstr("No values in 'examples'"));
  EXPECT_THAT(Why(R"({"examples": [1]})"), HasSubstr("Is not object"));
  EXPECT_THAT(Why(R"({"examples": 1})"), HasSubstr("Expecting 'examples' to be an list/array"));
  EXPECT_EQ(Why(R"({"examples": [{"age": null}]})"), "Feature: age has element with unexpected JSON type: Null");
  EXPECT_EQ(Why(R"({"examples": [{"age": [[1]]}]})"), "Feature: age has element with unexpected JSON type: Array");
  EXPECT_THAT(Why(R"({"examples": [{"age": [1, 2.5]}]})"),
              StartsWith("Unexpected element type in feature: age expecting type: int64"));
  EXPECT_THAT(Why(R"({"examples": [{"ids": [18446744073709551615, 1]}]})"),
              StartsWith("Feature: ids has uint64_t element. Only int64_t is supported."));
  EXPECT_THAT(Why(R"({"examples": [{"ids": [1, 2]}]})"),
              HasSubstr("Feature: age (data type: float) is required but could not be found."));
  EXPECT_THAT(Why(R"({"examples": [{"age": 1.0, "ids": [1.5, 2.5]}]})"), HasSubstr("Data types don't match"));
  EXPECT_THAT(Why(R"({"examples": [{"age": "a", "ids": [1, 2]}]})"), HasSubstr("Data types don't match"));
  EXPECT_THAT(Why(R"({"examples": [{"age": 1.0, "ids": [1]}]})"),
              HasSubstr("Number of int64 values != expected. Values size: 1 but output shape: [2]"));
  EXPECT_THAT(Why(R"({"examples": [{"age": 1.0, "ids": [1, 2]}, {"age": 1.0, "ids": [1, 2], "name": "x"}]})"),
              HasSubstr("in all examples or in none"));
  EXPECT_THAT(Why(R"({"examples": [{"a": {"b64": "*"}}]})"), StartsWith("Unable to base64 decode"));
  const Signature small{.inputs = {{.name = "x", .type = DataType::kInt8, .shape = {-1}}}, .outputs = {}};
  EXPECT_THAT(Why(R"({"examples": [{"x": 300}]})", small), HasSubstr("fit int8, found 300"));
  const Signature half{.inputs = {{.name = "x", .type = DataType::kFp16, .shape = {-1}}}, .outputs = {}};
  for (const char* const text : {R"({"examples": [{"x": 70000}]})", R"({"examples": [{"x": 70000.0}]})"}) {
    EXPECT_THAT(Why(text, half), HasSubstr(", found 70000"));
  }
  EXPECT_EQ(Why(R"({"examples": [{"x": 65504}]})", half), "it can be read");
}

// A context that is large is not to be multiplied without end.
TEST(Examples, MakeNoMoreInputThanAMessageMayHave) {
  const std::string context(40'000, 'a');
  const Signature signature{.inputs = {{.name = "s", .type = DataType::kBytes, .shape = {-1}}}, .outputs = {}};
  const auto inputs = Inputs(R"({"context": {"s": ")" + context + R"("}, "examples": [{}, {}]})", signature);
  ASSERT_FALSE(inputs.ok());
  EXPECT_EQ(inputs.status().code(), StatusCode::kTooLarge);
}

TEST(InferenceProto, ReadsWhatTheLibraryWrites) {
  tensorflow::serving::ClassificationRequest message;
  message.mutable_model_spec()->set_name("m");
  auto& list = *message.mutable_input()->mutable_example_list_with_context();
  auto& features = *list.add_examples()->mutable_features()->mutable_feature();
  features["age"].mutable_float_list()->add_value(1.5);
  (*list.mutable_context()->mutable_features()->mutable_feature())["ids"].mutable_int64_list()->add_value(3);
  (*list.mutable_context()->mutable_features()->mutable_feature())["ids"].mutable_int64_list()->add_value(-4);
  const std::string bytes = message.SerializeAsString();
  const Result<InferenceRequest> request =
      DecodeInferenceRequest(std::as_bytes(std::span(bytes)), ResultKind::kClassify);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->tasks[0].spec.name, "m");
  MemoryPool pool;
  const auto inputs = InputsOfExamples(request->examples, Model(), {}, kMostBytes, pool);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_THAT((*inputs)[1].tensor.As<int64_t>(), ElementsAre(3, -4));
}

std::string WhyMulti(const tensorflow::serving::MultiInferenceRequest& message) {
  const std::string bytes = message.SerializeAsString();
  return DecodeMultiInferenceRequest(std::as_bytes(std::span(bytes))).status().message();
}

TEST(InferenceProto, WantsTasksThatOneRunCanAnswer) {
  tensorflow::serving::MultiInferenceRequest message;
  EXPECT_THAT(WhyMulti(message), HasSubstr("at least one task"));
  auto& first = *message.add_tasks();
  first.mutable_model_spec()->set_name("m");
  first.set_method_name("tensorflow/serving/classify");
  EXPECT_EQ(WhyMulti(message), "Input is empty.");
  message.mutable_input()->mutable_example_list()->add_examples();
  EXPECT_EQ(WhyMulti(message), "");
  auto& second = *message.add_tasks();
  second = first;
  EXPECT_EQ(WhyMulti(message), "Duplicate evaluation of signature: serving_default");
  second.mutable_model_spec()->set_signature_name("other");
  EXPECT_EQ(WhyMulti(message), "");
  second.mutable_model_spec()->set_name("n");
  EXPECT_THAT(WhyMulti(message), HasSubstr("must access the same model"));
  second.mutable_model_spec()->set_name("m");
  second.set_method_name("tensorflow/serving/predict");
  EXPECT_EQ(WhyMulti(message), "Unsupported signature method_name: tensorflow/serving/predict");
}

InferResponse Scores() {
  const std::vector<float> scores = {0.25, 0.75, 1, 0};
  return {.model = {.name = "m", .version = 2},
          .outputs = {
              {"scores",
               {.type = DataType::kFp32, .shape = {2, 2}, .data = Buffer::CopyOf(std::as_bytes(std::span(scores)))}}}};
}

TEST(Results, AreClassesWithTheirLabels) {
  const InferResponse response = Scores();
  const ModelLabels labels = {{"scores", {"cat"}}};
  const auto results = ResultsOf(response, {.classes = "", .scores = "scores"}, ResultKind::kClassify, labels);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(EncodeResults(*results),
            "{\n    \"results\": [[[\"cat\", 0.25], [\"\", 0.75]], [[\"cat\", 1.0], [\"\", 0.0]]\n    ]\n}");
  tensorflow::serving::ClassificationResponse message;
  ASSERT_TRUE(message.ParseFromString(
      EncodeInferenceResponse(response.model, {.signature_name = "serving_default", .results = *results})));
  EXPECT_EQ(message.result().classifications(1).classes(0).label(), "cat");
  EXPECT_EQ(message.result().classifications(0).classes(1).score(), 0.75F);
  EXPECT_EQ(message.model_spec().version().value(), 2);
}

TEST(Results, AreNumbersOfARegression) {
  InferResponse response = Scores();
  EXPECT_THAT(ResultsOf(response, {.classes = "", .scores = "scores"}, ResultKind::kRegress, {}).status().message(),
              HasSubstr("expected [rows] or [rows, 1], found shape [2,2]"));
  response.outputs[0].tensor.shape = {4, 1};
  const auto results = ResultsOf(response, {.classes = "", .scores = "scores"}, ResultKind::kRegress, {});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(EncodeResults(*results), "{\n    \"results\": [0.25, 0.75, 1.0, 0.0\n    ]\n}");
  const std::vector<InferenceAnswer> answers = {{.signature_name = "s", .results = *results}};
  tensorflow::serving::MultiInferenceResponse message;
  ASSERT_TRUE(message.ParseFromString(EncodeMultiInferenceResponse(response.model, answers)));
  EXPECT_EQ(message.results(0).regression_result().regressions(1).value(), 0.75F);
}

TEST(Results, AreFoundAmongTheOutputs) {
  const Signature named{.inputs = {},
                        .outputs = {{.name = "other", .type = DataType::kFp32},
                                    {.name = "scores", .type = DataType::kFp32},
                                    {.name = "classes", .type = DataType::kBytes}}};
  EXPECT_EQ(FindResultOutputs(named, ResultKind::kClassify)->scores, "scores");
  EXPECT_EQ(FindResultOutputs(named, ResultKind::kClassify)->classes, "classes");
  EXPECT_FALSE(FindResultOutputs(named, ResultKind::kRegress).ok());
  const Signature lone{.inputs = {}, .outputs = {{.name = "y", .type = DataType::kFp64}}};
  EXPECT_EQ(FindResultOutputs(lone, ResultKind::kRegress)->scores, "y");
  EXPECT_FALSE(
      FindResultOutputs({.inputs = {}, .outputs = {{.name = "y", .type = DataType::kInt32}}}, ResultKind::kClassify)
          .ok());
}

}  // namespace
}  // namespace trireme::tfserving
