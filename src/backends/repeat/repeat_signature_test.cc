// SPDX-License-Identifier: Apache-2.0
#include "backends/repeat/repeat_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace trireme::repeat {
namespace {

using testing::HasSubstr;

Signature Whole() {
  return {.inputs = {{.name = "IN", .type = DataType::kInt32, .shape = {Shape::kAny}},
                     {.name = "DELAY", .type = DataType::kUint32, .shape = {Shape::kAny}},
                     {.name = "WAIT", .type = DataType::kUint32, .shape = {1}}},
          .outputs = {{.name = "OUT", .type = DataType::kInt32, .shape = {1}},
                      {.name = "IDX", .type = DataType::kUint32, .shape = {1}}}};
}

TEST(RepeatSignature, FindsTensorsInAnyOrder) {
  Signature signature = Whole();
  std::swap(signature.inputs[0], signature.inputs[2]);
  const auto places = FindPlaces(signature);
  ASSERT_TRUE(places.ok()) << places.status();
  EXPECT_EQ(places->in, 2);
  EXPECT_EQ(places->delay, 1);
  EXPECT_EQ(places->wait, 0);
  EXPECT_EQ(places->out, 0);
  EXPECT_EQ(places->idx, 1);
}

TEST(RepeatSignature, NeedsNoMoreThanInAndOut) {
  Signature signature = Whole();
  signature.inputs.resize(1);
  signature.outputs.resize(1);
  const auto places = FindPlaces(signature);
  ASSERT_TRUE(places.ok()) << places.status();
  EXPECT_EQ(places->delay, -1);
  EXPECT_EQ(places->wait, -1);
  EXPECT_EQ(places->idx, -1);
}

TEST(RepeatSignature, RepeatsAnyDatatype) {
  Signature signature = Whole();
  signature.inputs[0].type = signature.outputs[0].type = DataType::kBytes;
  EXPECT_TRUE(FindPlaces(signature).ok());
}

TEST(RepeatSignature, SaysWhatIsWrong) {
  struct Mistake {
    std::function<void(Signature&)> make;
    const char* text;
  };
  const Mistake mistakes[] = {
      {[](Signature& s) { s.batched = true; }, "max_batch_size: expected 0"},
      {[](Signature& s) { s.inputs.erase(s.inputs.begin()); }, "expected an input IN"},
      {[](Signature& s) { s.inputs[1].name = "PAUSE"; }, "expected inputs IN, DELAY, WAIT, found 'PAUSE'"},
      {[](Signature& s) { s.outputs[1].name = "N"; }, "expected outputs OUT, IDX, found 'N'"},
      {[](Signature& s) { s.inputs[0].optional = true; }, "IN: expected an input that every request has"},
      {[](Signature& s) {
         s.inputs[0].shape = {2, 2};
       },
       "IN: expected one dimension, found [2,2]"},
      {[](Signature& s) { s.outputs[0].type = DataType::kFp32; }, "OUT: expected datatype INT32, found FP32"},
      {[](Signature& s) { s.outputs[0].shape = {2}; }, "OUT: expected [1], found [2]"},
      {[](Signature& s) { s.inputs[1].type = DataType::kInt32; }, "DELAY: expected datatype UINT32, found INT32"},
      {[](Signature& s) { s.inputs[2].shape = {Shape::kAny}; }, "WAIT: expected [1], found [-1]"},
      {[](Signature& s) { s.outputs[1].type = DataType::kInt64; }, "IDX: expected datatype UINT32, found INT64"},
  };
  for (const Mistake& mistake : mistakes) {
    Signature signature = Whole();
    mistake.make(signature);
    const auto places = FindPlaces(signature);
    ASSERT_FALSE(places.ok()) << mistake.text;
    EXPECT_EQ(places.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(places.status().message(), HasSubstr(mistake.text));
  }
}

}  // namespace
}  // namespace trireme::repeat
