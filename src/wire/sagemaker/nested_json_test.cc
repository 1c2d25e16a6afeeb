// SPDX-License-Identifier: Apache-2.0
#include "wire/sagemaker/nested_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tensor/bytes_elements.h"

namespace trireme::sagemaker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Tensor> Read(std::string_view text, const TensorSpec& input = {.name = "x", .shape = {-1, 2}}) {
  static MemoryPool pool;
  return ReadNestedJson(text, input, pool);
}

std::string RoundTrip(std::string_view text, DataType type, const Shape& shape) {
  const Result<Tensor> tensor = Read(text, {.name = "x", .type = type, .shape = shape});
  if (!tensor.ok()) return tensor.status().message();
  std::string out;
  EXPECT_TRUE(AppendNestedJson(out, *tensor).ok());
  return out;
}

TEST(FormOfJson, LooksAtTheFirstKeyThatSays) {
  EXPECT_EQ(FormOfJson(R"( {"inputs": []})"), JsonForm::kV2);
  EXPECT_EQ(FormOfJson(R"({"id":"a","parameters":{"instances":1},"inputs":[]})"), JsonForm::kV2);
  EXPECT_EQ(FormOfJson(R"({"signature_name":"a","instances":[]})"), JsonForm::kInstances);
  EXPECT_EQ(FormOfJson("\n[1]"), JsonForm::kArray);
  for (const char* other : {"", "{", "5", "\"instances\"", "{}", R"({"a":})"}) {
    EXPECT_EQ(FormOfJson(other), JsonForm::kV2) << other;
  }
}

TEST(FormOfJson, DoesNotReadOnForEver) {
  const std::string text = R"({"a":")" + std::string(1 << 20, 'x') + R"(","instances":[]})";
  EXPECT_EQ(FormOfJson(text), JsonForm::kV2);
}

TEST(NestedJson, FindsTheShape) {
  const Result<Tensor> tensor = Read("[[1,2],[3.5,4]]");
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->shape, Shape({2, 2}));
  EXPECT_THAT(tensor->As<float>(), ElementsAre(1, 2, 3.5, 4));
  EXPECT_EQ(Read("[1,2]")->shape, Shape({1, 2}));
  EXPECT_EQ(Read(R"({"instances":[[1,2]]})")->shape, Shape({1, 2}));
  EXPECT_EQ(Read("[[],[]]")->shape, Shape({2, 0}));
  EXPECT_EQ(Read("[]")->shape, Shape({0}));
  EXPECT_EQ(Read("[[[1],[2]],[[3],[4]]]")->shape, Shape({2, 2, 1}));
}

TEST(NestedJson, ComesBackAsItWent) {
  EXPECT_EQ(RoundTrip("[[1,2],[3,4]]", DataType::kInt32, {-1, 2}), "[[1,2],[3,4]]");
  EXPECT_EQ(RoundTrip("[1,2]", DataType::kInt32, {-1, 2}), "[[1,2]]");
  EXPECT_EQ(RoundTrip("[[[0.5]],[[1.5]]]", DataType::kFp64, {-1, 1, 1}), "[[[0.5]],[[1.5]]]");
  EXPECT_EQ(RoundTrip(R"([["a","bc"],["","d"]])", DataType::kBytes, {-1, 2}), R"([["a","bc"],["","d"]])");
  EXPECT_EQ(RoundTrip("[[true],[false]]", DataType::kBool, {-1, 1}), "[[true],[false]]");
  EXPECT_EQ(RoundTrip("[[],[]]", DataType::kFp32, {-1, -1}), "[[],[]]");
}

TEST(NestedJson, WritesAScalarWithoutBrackets) {
  const float value = 2.5;
  std::string out;
  ASSERT_TRUE(
      AppendNestedJson(out, {.type = DataType::kFp32, .shape = {}, .data = Buffer::View(&value, 4, nullptr)}).ok());
  EXPECT_EQ(out, "2.5");
}

TEST(NestedJson, SaysHowTextThatIsNotUtf8CanBeHad) {
  std::vector<std::byte> data;
  for (const char* text : {"a", "b", "\xff"}) AppendBytesElement(data, text);
  std::string json;
  const Status status =
      AppendNestedJson(json, {.type = DataType::kBytes, .shape = {3, 1}, .data = Buffer::CopyOf(data)});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("element 2 is not UTF-8, which JSON needs: ask for text/csv"));
}

TEST(NestedJson, RefusesWhatIsNoTensor) {
  EXPECT_THAT(Read("[[1,2],[3]]").status().message(), HasSubstr("expected 2 elements"));
  EXPECT_THAT(Read("[[1,2],3]").status().message(), HasSubstr("expected an array"));
  EXPECT_THAT(Read("[1,[2]]").status().message(), HasSubstr("element 1 (FP32)"));
  EXPECT_THAT(Read("[\"a\"]").status().message(), HasSubstr("element 0 (FP32)"));
  EXPECT_THAT(Read(R"({"instances":{"a":1}})").status().message(), HasSubstr("\"instances\": expected an array"));
  EXPECT_THAT(Read(R"({"instances":[1],"instances":[1]})").status().message(), HasSubstr("found twice"));
  EXPECT_THAT(Read("[1,2] x").status().message(), HasSubstr("byte 6"));
  EXPECT_THAT(Read("[1,2").status().message(), HasSubstr("found the end"));
  EXPECT_THAT(Read(std::string(17, '[') + std::string(17, ']')).status().message(), HasSubstr("at most 16 arrays"));
  for (const char* text : {"", "5", "null", "{}", "[", "[[[", "[1,]"}) {
    EXPECT_EQ(Read(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace trireme::sagemaker
