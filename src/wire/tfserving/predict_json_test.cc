// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/predict_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tensor/bytes_elements.h"

namespace trireme::tfserving {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Signature OneInput(DataType type = DataType::kFp32) {
  return {.inputs = {{.name = "x", .type = type, .shape = {-1, 2}}}, .outputs = {}};
}

Signature TwoInputs() {
  return {.inputs = {{.name = "a", .type = DataType::kFp32, .shape = {-1}},
                     {.name = "b", .type = DataType::kInt32, .shape = {-1, 2}},
                     {.name = "o", .type = DataType::kFp32, .shape = {-1}, .optional = true}},
          .outputs = {}};
}

Result<PredictBody> Read(std::string_view text, const Signature& signature = OneInput()) {
  static MemoryPool pool;
  return DecodePredict(text, signature, pool);
}

std::vector<std::string> Strings(const Tensor& tensor) {
  std::vector<std::string> strings;
  BytesReader reader(tensor.data.bytes());
  while (const auto element = reader.Next()) strings.emplace_back(*element);
  return strings;
}

// The message of what cannot be read.
std::string Why(std::string_view text, const Signature& signature = OneInput()) {
  const Result<PredictBody> body = Read(text, signature);
  if (body.ok()) return "it can be read";
  EXPECT_EQ(body.status().code(), StatusCode::kInvalidArgument);
  return body.status().message();
}

TEST(PredictJson, ReadsRows) {
  const Result<PredictBody> body =
      Read(R"({"signature_name": "s", "instances": [[1, 2.5], [-3e1, NaN], [Infinity, 0]]})");
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(body->signature_name, "s");
  EXPECT_EQ(body->form, PredictForm::kRows);
  ASSERT_EQ(body->inputs.size(), 1U);
  EXPECT_EQ(body->inputs[0].name, "x");
  EXPECT_EQ(body->inputs[0].tensor.shape, Shape({3, 2}));
  const auto elements = body->inputs[0].tensor.As<float>();
  EXPECT_EQ(elements[1], 2.5F);
  EXPECT_TRUE(std::isnan(elements[3]));
  EXPECT_TRUE(std::isinf(elements[4]));
}

TEST(PredictJson, ReadsRowsOfOneElement) {
  const Result<PredictBody> body = Read(R"({"instances": [1, 2, 3]})");
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(body->inputs[0].tensor.shape, Shape({3}));
}

TEST(PredictJson, ReadsAColumnAsItIsNested) {
  for (const auto& [text, shape] : std::vector<std::pair<std::string, Shape>>{{"[[1,2],[3,4]]", {2, 2}},
                                                                              {R"({"x": [1, 2]})", {2}},
                                                                              {"7", {}},
                                                                              {"[]", {0}},
                                                                              {"[[],[]]", {2, 0}},
                                                                              {"[[[1],[2]]]", {1, 2, 1}}}) {
    const Result<PredictBody> body = Read(R"({"inputs": )" + text + "}");
    ASSERT_TRUE(body.ok()) << text << body.status();
    EXPECT_EQ(body->form, PredictForm::kColumns);
    EXPECT_EQ(body->inputs[0].tensor.shape, shape) << text;
  }
}

TEST(PredictJson, ReadsObjectsOfSeveralInputs) {
  const Result<PredictBody> rows =
      Read(R"({"instances": [{"a": 1.5, "b": [1, 2]}, {"b": [3, 4], "a": 2}]})", TwoInputs());
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->inputs.size(), 2U);
  EXPECT_THAT(rows->inputs[0].tensor.As<float>(), ElementsAre(1.5F, 2.0F));
  EXPECT_EQ(rows->inputs[1].tensor.shape, Shape({2, 2}));
  EXPECT_THAT(rows->inputs[1].tensor.As<int32_t>(), ElementsAre(1, 2, 3, 4));
  const Result<PredictBody> columns =
      Read(R"({"inputs": {"a": [1.5, 2], "b": [[1, 2], [3, 4]], "o": [1, 1], "other": {}}})", TwoInputs());
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_EQ(columns->inputs.size(), 3U);
}

TEST(PredictJson, ReadsStringsAndBase64) {
  const Signature signature{.inputs = {{.name = "x", .type = DataType::kBytes, .shape = {-1}}}, .outputs = {}};
  for (const char* text :
       {R"({"instances": ["ab", {"b64": "AAE="}]})", R"({"instances": [{"x": "ab"}, {"x": {"b64": "AAE"}}]})",
        R"({"inputs": ["ab", {"b64": " A A E = "}]})"}) {
    const Result<PredictBody> body = Read(text, signature);
    ASSERT_TRUE(body.ok()) << text << body.status();
    EXPECT_THAT(Strings(body->inputs[0].tensor), ElementsAre("ab", std::string("\0\1", 2))) << text;
    EXPECT_EQ(body->inputs[0].tensor.shape, Shape({2}));
  }
}

TEST(PredictJson, ReadsEveryType) {
  EXPECT_THAT(Read(R"({"inputs": [true, false]})", OneInput(DataType::kBool))->inputs[0].tensor.As<bool>(),
              ElementsAre(true, false));
  EXPECT_THAT(Read(R"({"inputs": [255]})", OneInput(DataType::kUint8))->inputs[0].tensor.As<uint8_t>(),
              ElementsAre(255));
  EXPECT_THAT(Read(R"({"inputs": 18446744073709551615})", OneInput(DataType::kUint64))->inputs[0].tensor.As<uint64_t>(),
              ElementsAre(18446744073709551615U));
  EXPECT_THAT(Read(R"({"inputs": [1.5]})", OneInput(DataType::kFp16))->inputs[0].tensor.As<uint16_t>(),
              ElementsAre(0x3E00));
  // Rounded once, not by way of a double.
  EXPECT_EQ(Read(R"({"inputs": 1.00000017881393432617187499})")->inputs[0].tensor.As<float>()[0], 0x1.000002p0F);
}

TEST(PredictJson, IgnoresWhatFollowsAndOtherMembers) {
  EXPECT_TRUE(Read(R"( {"other": [{"a": null}], "instances": [[1, 2]]} and more)").ok());
}

TEST(PredictJson, TellsTheSignatureBeforeTheRestIsRead) {
  EXPECT_EQ(SignatureNameIn(R"({"signature_name": "a", "instances": [1]})"), "a");
  EXPECT_EQ(SignatureNameIn(R"({"instances": [[NaN], {"signature_name": "b"}], "signature_name": "a"})"), "a");
  EXPECT_EQ(SignatureNameIn(R"({"signature_name": "a", "signature_name": "b"})"), "a");
  for (const char* none : {"", "[]", R"({"instances": "signature_name"})", R"({"signature_name": 3})",
                           R"({"a": [}, "signature_name": "a"})", R"({"signature_name")"}) {
    EXPECT_EQ(SignatureNameIn(none), "") << none;
  }
}

TEST(PredictJson, SaysWhatIsWrongAsTheServerDoes) {
  EXPECT_EQ(Why(""), "JSON Parse error: The document is empty");
  EXPECT_THAT(Why("nonsense"), StartsWith("JSON Parse error: "));
  EXPECT_EQ(Why("[1, 2]"), "JSON Value: [1, 2] Is not object");
  EXPECT_EQ(Why("{}"), "Missing 'inputs' or 'instances' key");
  EXPECT_THAT(Why(R"({"signature_name": 1, "inputs": [1]})"),
              HasSubstr("not formatted correctly. 'signature_name' key must be a string value."));
  EXPECT_EQ(
      Why(R"({"inputs": [1], "instances": [1]})"),
      R"(JSON Value: {"inputs": [1], "instances": [1]} Not formatted correctly expecting only one of 'inputs' or )"
      R"('instances' keys to exist )");
  EXPECT_THAT(Why(R"({"instances": 1})"), HasSubstr("Expecting 'instances' to be an list/array"));
  EXPECT_EQ(Why(R"({"instances": []})"), "No values in 'instances' array");
  EXPECT_THAT(Why(R"({"instances": [["x", 1]]})"),
              HasSubstr("JSON Value: \"x\" Type: String is not of expected type: float"));
  EXPECT_THAT(Why(R"({"inputs": ["x"]})"), StartsWith("JSON Value: \"x\" Type: String is not of expected type: float"));
  EXPECT_THAT(Why(R"({"inputs": [1e40]})"), StartsWith("JSON Value: 1e40 Type: Number is not of expected type: float"));
  EXPECT_THAT(Why(R"({"inputs": [1.0]})", OneInput(DataType::kInt8)), HasSubstr("is not of expected type: int8"));
  EXPECT_THAT(Why(R"({"inputs": [300]})", OneInput(DataType::kInt8)), HasSubstr("from -128 to 127"));
  EXPECT_THAT(Why(R"({"inputs": null})"), StartsWith("JSON Value: null Type: Null is not of expected type: float"));
}

TEST(PredictJson, SaysWhatIsRagged) {
  EXPECT_EQ(Why(R"({"inputs": [[1, 2], [3]]})"), "Encountered list at unexpected size: 1 at level: 1 expected size: 2");
  EXPECT_EQ(Why(R"({"inputs": [[1], 2]})"),
            "JSON Value: 2 found at incorrect level: 1 in the JSON DOM. Expected at level: 2");
  EXPECT_EQ(Why(R"({"inputs": [1, [2]]})"), "Encountered list at unexpected level: 1 expected < 1");
  EXPECT_EQ(Why(R"({"inputs": [[[1]], [2]]})"),
            "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 3");
  EXPECT_EQ(Why(R"({"instances": [[1, 2], [1, 2, 3]]})"),
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting tensor size: 2 but "
            "got: 3");
  EXPECT_EQ(Why(R"({"instances": [[1, 2], [[1, 2]]]})"),
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting shape [2] but got: "
            "[1,2]");
  EXPECT_THAT(Why(R"({"inputs": )" + std::string(40, '[') + std::string(40, ']') + "}"),
              HasSubstr("at most 16 arrays"));
}

TEST(PredictJson, SaysWhichNamesAreWrong) {
  EXPECT_EQ(Why(R"({"instances": [{"foo": 1}]})"),
            "Failed to process element: 0 key: foo of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not "
            "have named input: foo");
  EXPECT_EQ(Why(R"({"instances": [{"a": 1}]})", TwoInputs()),
            R"(Failed to process element: 0 of 'instances' list. JSON object: {"a": 1} keys must be equal to: a,b,o)");
  EXPECT_THAT(Why(R"({"instances": [{"a": 1, "a": 2, "b": [1, 2]}]})", TwoInputs()),
              HasSubstr("keys must be equal to"));
  EXPECT_THAT(Why(R"({"instances": [{"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 2], "o": 1}]})", TwoInputs()),
              HasSubstr("keys must be equal to"));
  EXPECT_EQ(Why(R"({"instances": [1, 2]})", TwoInputs()),
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map");
  EXPECT_EQ(Why(R"({"inputs": [1, 2]})", TwoInputs()),
            "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
            "tensorinfo_map");
  EXPECT_EQ(Why(R"({"inputs": {"b": [[1, 2]]}})", TwoInputs()), "Missing named input: a in 'inputs' object.");
  EXPECT_EQ(Why(R"({"instances": [{"a": 1, "b": [1, 2]}, [1]]})", TwoInputs()),
            "Expecting object but got list at item 1 of input list");
  EXPECT_EQ(Why(R"({"instances": [[1, 2], {"x": [1, 2]}]})"),
            "Expecting value/list but got object at item 1 of input list");
}

TEST(PredictJson, SaysWhatIsNoBase64) {
  const Signature signature{.inputs = {{.name = "x", .type = DataType::kBytes, .shape = {-1}}}, .outputs = {}};
  EXPECT_THAT(Why(R"({"instances": [{"b64": "*"}]})", signature), StartsWith("Unable to base64 decode"));
  EXPECT_THAT(Why(R"({"inputs": ["a", {"b64": 1}]})", signature),
              HasSubstr(R"({"b64": 1} not formatted correctly for base64 data)"));
  EXPECT_THAT(Why(R"({"inputs": [{"b64": "AA==", "c": 1}]})", signature), HasSubstr("not formatted correctly"));
}

TEST(PredictJson, ShowsNoMoreThanTheBeginningOfAValue) {
  const std::string why = Why(R"({"inputs": [")" + std::string(5000, 'a') + "\"]}");
  EXPECT_THAT(why, HasSubstr("aaa..."));
  EXPECT_LT(why.size(), 600U);
}

TEST(PredictJson, TakesNoMoreMemoryThanTheTextCanFill) {
  // An input whose rows are said to be huge.
  const Signature signature{.inputs = {{.name = "x", .shape = {-1, 1 << 20, 1 << 20}}}, .outputs = {}};
  const Result<PredictBody> body = Read(R"({"inputs": [[[1]]]})", signature);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->inputs[0].tensor.shape, Shape({1, 1, 1}));
}

Tensor Floats(const Shape& shape, const std::vector<float>& values) {
  return {.type = DataType::kFp32, .shape = shape, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

Tensor Texts(const Shape& shape, const std::vector<std::string>& texts) {
  std::vector<std::byte> bytes;
  for (const std::string& text : texts) AppendBytesElement(bytes, text);
  return {.type = DataType::kBytes, .shape = shape, .data = Buffer::CopyOf(bytes)};
}

TEST(PredictJson, WritesOneOutputBare) {
  EXPECT_EQ(*EncodePredictions({{"y", Floats({3}, {2.5, 3, 0.1F})}}, PredictForm::kRows),
            "{\n    \"predictions\": [2.5, 3.0, 0.1\n    ]\n}");
  EXPECT_EQ(*EncodePredictions({{"y", Floats({2, 2}, {1, 2, 3, 4})}}, PredictForm::kColumns),
            "{\n    \"outputs\": [[1.0, 2.0], [3.0, 4.0]]\n}");
  EXPECT_EQ(*EncodePredictions({{"y", Floats({}, {7})}}, PredictForm::kColumns), "{\n    \"outputs\": 7.0\n}");
  EXPECT_EQ(*EncodePredictions({{"y", Floats({0, 3}, {})}}, PredictForm::kRows), "{\n    \"predictions\": [\n    ]\n}");
}

TEST(PredictJson, WritesSeveralOutputsByName) {
  const std::string rows =
      *EncodePredictions({{"y", Floats({2}, {1, 2})}, {"z_bytes", Texts({2}, {"a", "bc"})}}, PredictForm::kRows);
  EXPECT_THAT(rows, HasSubstr("\"y\": 1.0"));
  EXPECT_THAT(rows, HasSubstr(R"("z_bytes": {"b64": "YmM="})"));
  EXPECT_THAT(*EncodePredictions({{"y", Floats({1}, {1})}, {"s", Texts({1}, {"\"a\""})}}, PredictForm::kColumns),
              HasSubstr(R"("s": ["\"a\""])"));
}

TEST(PredictJson, WritesNoListsWithoutEnd) {
  constexpr int64_t kMany = int64_t{1} << 40;
  EXPECT_TRUE(EncodePredictions({{"y", Floats({2, 0}, {})}}, PredictForm::kColumns).ok());
  for (const PredictForm form : {PredictForm::kRows, PredictForm::kColumns}) {
    EXPECT_THAT(EncodePredictions({{"y", Floats({kMany, 0}, {})}}, form).status().message(),
                HasSubstr("output 'y': expected at most 1048576 lists without an element"));
    EXPECT_FALSE(EncodePredictions({{"y", Floats({2, kMany, 0}, {})}}, form).ok());
    EXPECT_TRUE(EncodePredictions({{"y", Floats({0, kMany}, {})}}, form).ok());
  }
}

TEST(PredictJson, RefusesRowsThatAreNone) {
  EXPECT_EQ(EncodePredictions({{"y", Floats({}, {1})}}, PredictForm::kRows).status().message(),
            "Tensor name: y has no shape information ");
  EXPECT_EQ(EncodePredictions({{"x", Floats({2}, {1, 2})}, {"y", Floats({3}, {1, 2, 3})}}, PredictForm::kRows)
                .status()
                .message(),
            "Tensor name: y has inconsistent batch size: 3 expecting: 2");
  EXPECT_THAT(EncodePredictions({{"y", Texts({1}, {"\xff"})}}, PredictForm::kRows).status().message(),
              HasSubstr("not UTF-8"));
}

TEST(PredictJson, WritesErrors) {
  EXPECT_EQ(EncodeError("a \"b\""), "{\n    \"error\": \"a \\\"b\\\"\"\n}");
}

}  // namespace
}  // namespace trireme::tfserving
