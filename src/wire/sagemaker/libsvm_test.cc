// SPDX-License-Identifier: Apache-2.0
#include "wire/sagemaker/libsvm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "wire/sagemaker/csv.h"

namespace trireme::sagemaker {
namespace {

using ::testing::HasSubstr;

Result<Tensor> Read(std::string_view text, const TensorSpec& input) {
  static MemoryPool pool;
  return ReadLibsvm(text, input, pool);
}

TensorSpec Input(int64_t features, bool missing_is_nan = false, DataType type = DataType::kFp32) {
  return {.name = "x", .type = type, .shape = {-1, features}, .missing_is_nan = missing_is_nan};
}

// What was read, as CSV.
std::string Dense(std::string_view text, const TensorSpec& input = Input(4)) {
  const Result<Tensor> tensor = Read(text, input);
  return tensor.ok() ? WriteCsv(*tensor).value() : tensor.status().message();
}

TEST(Libsvm, ReadsSparseRows) {
  EXPECT_EQ(Dense("0:1 3:2.5\n1:-1e3\n"), "1,0,0,2.5\n0,-1000,0,0\n");
  EXPECT_EQ(Dense("0:1 3:2.5\n1:-1e3", Input(4, false, DataType::kFp64)), "1,0,0,2.5\n0,-1000,0,0\n");
}

TEST(Libsvm, WhatALineDoesNotNameIsMissing) {
  EXPECT_EQ(Dense("0:1 3:0\n1:nan 2:+4\n", Input(4, true)), "1,NaN,NaN,0\nNaN,NaN,4,NaN\n");
  EXPECT_EQ(Dense("0\n0:1", Input(2, true)), "NaN,NaN\n1,NaN\n");
}

TEST(Libsvm, PassesOverLabelsRemarksAndBlanks) {
  EXPECT_EQ(Dense("1 0:1 # a remark 9:9\r\n-1.5\t 2:3 \r\n0\n"), "1,0,0,0\n0,0,3,0\n0,0,0,0\n");
}

TEST(Libsvm, BlankLinesAreNoRows) {
  EXPECT_EQ(Dense("\n0:1\n \t\r\n# a remark\n1:2\n\n"), "1,0,0,0\n0,2,0,0\n");
  EXPECT_THAT(Dense("0:1\n\n4:1"), HasSubstr("line 3: expected an index from 0 to 3, found 4"));
}

TEST(Libsvm, NamesTheLine) {
  EXPECT_THAT(Dense("0:1\n4:1"), HasSubstr("line 2: expected an index from 0 to 3, found 4"));
  EXPECT_THAT(Dense("0:1\n-1:1"), HasSubstr("found -1"));
  EXPECT_THAT(Dense("2:1 1:1"), HasSubstr("line 1: expected rising indexes, found 1 behind 2"));
  EXPECT_THAT(Dense("2:1 2:1"), HasSubstr("found 2 behind 2"));
  for (const char* word : {"0:x", "x:1", ":", "0:", ":1", "0:1:2", "0,1", "99999999999999999999:1", "0:1e99"}) {
    EXPECT_THAT(Dense(word), HasSubstr("line 1: expected INDEX:VALUE, found '" + std::string(word) + "'"));
  }
  EXPECT_THAT(Dense("1 2 0:1"), HasSubstr("expected INDEX:VALUE, found '2'"));
  for (const char* text : {"", "\n", " \n#\n"}) {
    EXPECT_THAT(Dense(text), HasSubstr("expected lines of INDEX:VALUE, found none"));
  }
}

TEST(Libsvm, RefusesInputsThatItCannotBeFor) {
  EXPECT_THAT(Dense("0:1", Input(4, false, DataType::kInt64)), HasSubstr("expected an input of FP32 or FP64"));
  EXPECT_THAT(Dense("0:1", Input(-1)), HasSubstr("whose features are known"));
  EXPECT_THAT(Dense("0:1", {.name = "x", .shape = {-1, 2, 2}}), HasSubstr("expected an input [rows, features]"));
}

TEST(Libsvm, ShortTextsDoNotBecomeLargeTensors) {
  std::string labels;
  for (int i = 0; i < 1 << 20; ++i) labels += "1\n";
  const Result<Tensor> tensor = Read(labels, Input(1 << 20));
  EXPECT_EQ(tensor.status().code(), StatusCode::kTooLarge);
  EXPECT_THAT(tensor.status().message(), HasSubstr("1048576 rows of 1048576 features are more than"));
  EXPECT_EQ(Read("0:1", Input(int64_t{1} << 60)).status().code(), StatusCode::kTooLarge);
}

}  // namespace
}  // namespace trireme::sagemaker
