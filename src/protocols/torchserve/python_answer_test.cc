// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/python_answer.h"

#include <gtest/gtest.h>

#include <limits>
#include <span>

#include "tensor/bytes_elements.h"

namespace trireme::torchserve {
namespace {

template <typename T>
NamedTensor Of(DataType type, const Shape& shape, std::vector<T> values, std::string name = "y") {
  return {.name = std::move(name),
          .tensor = {.type = type, .shape = shape, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))}};
}

NamedTensor Texts(const std::vector<std::string>& texts) {
  std::vector<std::byte> data;
  for (const std::string& text : texts) AppendBytesElement(data, text);
  return {.name = "y",
          .tensor = {
              .type = DataType::kBytes, .shape = {static_cast<int64_t>(texts.size())}, .data = Buffer::CopyOf(data)}};
}

std::string Encoded(std::vector<NamedTensor> outputs, const AnswerForm& form = {}) {
  const auto answer = EncodePythonAnswer(outputs, form);
  return answer.ok() ? *answer : answer.status().message();
}

TEST(EncodePythonAnswer, IsWhatJsonDumpsWritesOfLists) {
  EXPECT_EQ(Encoded({Of<float>(DataType::kFp32, {2, 2}, {1, 0.5F, -2, 0.1F})}),
            "[\n  [\n    1.0,\n    0.5\n  ],\n  [\n    -2.0,\n    0.10000000149011612\n  ]\n]");
  EXPECT_EQ(Encoded({Of<int64_t>(DataType::kInt64, {2}, {7, -8})}), "[\n  7,\n  -8\n]");
  EXPECT_EQ(Encoded({Of<uint8_t>(DataType::kBool, {2}, {1, 0})}), "[\n  true,\n  false\n]");
  EXPECT_EQ(Encoded({Of<float>(DataType::kFp32, {0}, {})}), "[]");
  EXPECT_EQ(Encoded({Of<float>(DataType::kFp32, {}, {3})}), "3.0");
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Encoded({Of<float>(DataType::kFp32, {3}, {infinity, -infinity, infinity - infinity})}),
            "[\n  Infinity,\n  -Infinity,\n  NaN\n]");
}

TEST(EncodePythonAnswer, ALoneRowIsAnsweredAlone) {
  EXPECT_EQ(Encoded({Of<float>(DataType::kFp32, {1, 2}, {1, 2})}, {.is_lone_row = true}), "[\n  1.0,\n  2.0\n]");
}

TEST(EncodePythonAnswer, OneTextIsItself) {
  EXPECT_EQ(Encoded({Texts({"a \"text\""})}), "a \"text\"");
  EXPECT_EQ(Encoded({Texts({"a", "\"b\""})}), "[\n  \"a\",\n  \"\\\"b\\\"\"\n]");
  EXPECT_EQ(Encoded({Texts({"{}", "[]"})}, {.json_output = "y"}), "[\n  {},\n  []\n]");
}

TEST(EncodePythonAnswer, JsonOfSeveralLinesStandsAsDeepAsItsPlace) {
  EXPECT_EQ(Encoded({Texts({"{\n  \"a\": 1\n}", "2"})}, {.json_output = "y", .as_predictions = true}),
            "{\n  \"predictions\": [\n    {\n      \"a\": 1\n    },\n    2\n  ]\n}");
}

TEST(EncodePythonAnswer, WhatIsNotMadeForPeopleIsNoJson) {
  EXPECT_EQ(Encoded({Texts({"a", "\xff\"b"})}, {.json_output = "classes"}), "[\n  \"a\",\n  \"\\ufffd\\\"b\"\n]");
}

TEST(EncodePythonAnswer, SeveralOutputsAreAnObject) {
  EXPECT_EQ(Encoded({Of<int32_t>(DataType::kInt32, {1}, {1}, "a"), Of<int32_t>(DataType::kInt32, {1}, {2}, "b")}),
            "{\n  \"a\": [\n    1\n  ],\n  \"b\": [\n    2\n  ]\n}");
}

TEST(EncodePythonAnswer, PredictionsAreInAnEnvelope) {
  EXPECT_EQ(Encoded({Of<int32_t>(DataType::kInt32, {2}, {1, 2})}, {.as_predictions = true}),
            "{\n  \"predictions\": [\n    1,\n    2\n  ]\n}");
}

}  // namespace
}  // namespace trireme::torchserve
