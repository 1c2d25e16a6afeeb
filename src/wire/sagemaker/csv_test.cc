// SPDX-License-Identifier: Apache-2.0
#include "wire/sagemaker/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/bytes_elements.h"

namespace trireme::sagemaker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Tensor> Read(std::string_view text, DataType type = DataType::kFp32, const Shape& shape = {-1, -1}) {
  static MemoryPool pool;
  return ReadCsv(text, {.name = "x", .type = type, .shape = shape}, pool);
}

std::string Problem(std::string_view text, DataType type = DataType::kFp32) {
  const Result<Tensor> tensor = Read(text, type);
  EXPECT_EQ(tensor.status().code(), StatusCode::kInvalidArgument) << text;
  return tensor.status().message();
}

std::string RoundTrip(std::string_view text, DataType type, const Shape& shape = {-1, -1}) {
  const Result<Tensor> tensor = Read(text, type, shape);
  if (!tensor.ok()) return tensor.status().message();
  return WriteCsv(*tensor).value();
}

TEST(Csv, ReadsALineAsARow) {
  const Result<Tensor> tensor = Read("1, +2.5,.5\r\n-1e3,nan,inf");
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->shape, Shape({2, 3}));
  const auto values = tensor->As<float>();
  EXPECT_THAT(values.first(4), ElementsAre(1, 2.5, 0.5, -1000));
  EXPECT_TRUE(std::isnan(values[4]));
  EXPECT_TRUE(std::isinf(values[5]));
}

TEST(Csv, ReadsAColumnAndTheLastLineWithAndWithoutItsEnd) {
  for (const char* text : {"1\n2\n3", "1\n2\n3\n", "1\r\n2\r\n3\r\n", "\"1\"\n\"2\"\n\"3\""}) {
    EXPECT_EQ(Read(text, DataType::kInt64, {-1})->shape, Shape({3})) << text;
    EXPECT_EQ(Read(text, DataType::kInt64, {-1, 1})->shape, Shape({3, 1})) << text;
  }
  EXPECT_EQ(Read("1,2,3,4\n", DataType::kInt8, {-1, 2, 2})->shape, Shape({1, 2, 2}));
}

TEST(Csv, ReadsTextsInQuotes) {
  EXPECT_EQ(RoundTrip("a,\"b,c\"\n\"say \"\"no\"\"\",\"two\nlines\"\n", DataType::kBytes),
            "a,\"b,c\"\n\"say \"\"no\"\"\",\"two\nlines\"\n");
  EXPECT_EQ(RoundTrip("a,\n,b", DataType::kBytes), "a,\n,b\n");
  EXPECT_EQ(RoundTrip("a,", DataType::kBytes), "a,\n");
}

TEST(Csv, WritesWhatItReads) {
  EXPECT_EQ(RoundTrip("1,2\n3,4", DataType::kUint8), "1,2\n3,4\n");
  EXPECT_EQ(RoundTrip("0.1,2\n3,4.25", DataType::kFp64), "0.1,2\n3,4.25\n");
  EXPECT_EQ(RoundTrip("1,0\nTrue,false", DataType::kBool), "true,false\ntrue,false\n");
  EXPECT_EQ(RoundTrip("1.5\n2", DataType::kFp16, {-1}), "1.5\n2\n");
  EXPECT_EQ(RoundTrip("1.5\n2", DataType::kBf16, {-1}), "1.5\n2\n");
}

TEST(Csv, NamesTheLineAndTheField) {
  EXPECT_THAT(Problem("1,2\n3,x\n"), HasSubstr("line 2, field 2: expected FP32, found 'x'"));
  EXPECT_THAT(Problem("1,2\n3\n"), HasSubstr("line 2: expected 2 fields as in the first line, found 1"));
  EXPECT_THAT(Problem("1,2\n\n"), HasSubstr("line 2: expected 2 fields"));
  EXPECT_THAT(Problem("1,\"2\n"), HasSubstr("line 1, field 2: expected a closing quote"));
  EXPECT_THAT(Problem("\"1\"2,3"), HasSubstr("line 1, field 1"));
  EXPECT_THAT(Problem(""), HasSubstr("found none"));
}

TEST(Csv, AnEmptyFieldIsMissingWhereTheInputTakesThat) {
  MemoryPool pool;
  for (const DataType type : {DataType::kFp32, DataType::kFp64}) {
    const TensorSpec input{.name = "x", .type = type, .shape = {-1, 3}, .missing_is_nan = true};
    const Result<Tensor> tensor = ReadCsv("1,,3\n, ,\n", input, pool);
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->shape, Shape({2, 3}));
    EXPECT_EQ(WriteCsv(*tensor).value(), "1,NaN,3\nNaN,NaN,NaN\n");
    EXPECT_FALSE(ReadCsv("1,-,3\n", input, pool).ok());
  }
}

TEST(Csv, RefusesNumbersThatDoNotFit) {
  EXPECT_THAT(Problem("1,", DataType::kFp32), HasSubstr("found ''"));
  EXPECT_THAT(Problem("256", DataType::kUint8), HasSubstr("expected UINT8, found '256'"));
  EXPECT_THAT(Problem("-1", DataType::kUint64), HasSubstr("found '-1'"));
  EXPECT_THAT(Problem("1.0", DataType::kInt32), HasSubstr("found '1.0'"));
  EXPECT_THAT(Problem("1e39", DataType::kFp32), HasSubstr("found '1e39'"));
  EXPECT_THAT(Problem("65520", DataType::kFp16), HasSubstr("found '65520'"));
  EXPECT_THAT(Problem("2", DataType::kBool), HasSubstr("expected BOOL"));
  EXPECT_THAT(Problem(std::string(1000, '9'), DataType::kInt64), HasSubstr("..."));
}

TEST(Csv, WritesALineForEveryRowOfAnyRank) {
  const std::vector<int32_t> values = {1, 2, 3, 4};
  const Buffer data = Buffer::View(values.data(), 16, nullptr);
  const auto write = [&](const Shape& shape) {
    return WriteCsv({.type = DataType::kInt32, .shape = shape, .data = data}).value();
  };
  EXPECT_EQ(write({4}), "1\n2\n3\n4\n");
  EXPECT_EQ(write({2, 2}), "1,2\n3,4\n");
  EXPECT_EQ(write({2, 1, 2}), "1,2\n3,4\n");
  EXPECT_EQ(WriteCsv({.type = DataType::kInt32, .shape = {0, 2}, .data = {}}).value(), "");
  EXPECT_EQ(WriteCsv({.type = DataType::kInt32, .shape = {2, 0}, .data = {}}).value(), "");
  EXPECT_EQ(WriteCsv({.type = DataType::kInt32, .shape = {3}, .data = data}).status().code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace trireme::sagemaker
