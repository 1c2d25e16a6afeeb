// SPDX-License-Identifier: Apache-2.0
// Tensors behind the JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tensor/bytes_elements.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/testing/received.h"

namespace trireme::kserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::string Input(const std::string& name, const std::string& type, const std::string& shape, size_t bytes) {
  return R"({"name":")" + name + R"(","datatype":")" + type + R"(","shape":)" + shape +
         R"(,"parameters":{"binary_data_size":)" + std::to_string(bytes) + "}}";
}

std::string Request(const std::string& inputs) {
  return R"({"inputs":[)" + inputs + "]}";
}

TEST(InferBinaryTest, ViewsTheBodyWhereItIsAligned) {
  MemoryPool pool;
  const ReceivedBody body = Received(Request(Input("x", "FP32", "[2]", 8)), Bytes({1, 2}));
  const auto message = DecodeInferRequest(body, pool);
  ASSERT_TRUE(message.ok()) << message.status();
  const Buffer& data = message.value().inputs[0].tensor.data;
  EXPECT_EQ(data.data(), body.bytes.data() + *body.json_bytes);
  EXPECT_EQ(data.keep_alive(), body.keep_alive);
  EXPECT_THAT(message.value().inputs[0].tensor.As<float>(), ElementsAre(1, 2));
}

TEST(InferBinaryTest, CopiesWhatIsNotAligned) {
  MemoryPool pool;
  const ReceivedBody body = Received(Request(Input("x", "FP32", "[2]", 8)), Bytes({1, 2}), 1);
  const auto message = DecodeInferRequest(body, pool);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_NE(message.value().inputs[0].tensor.data.keep_alive(), body.keep_alive);
  EXPECT_TRUE(IsAligned(DataType::kFp32, message.value().inputs[0].tensor.data.data()));
  EXPECT_THAT(message.value().inputs[0].tensor.As<float>(), ElementsAre(1, 2));
}

TEST(InferBinaryTest, SectionsLieInTheOrderOfTheInputsBesideJson) {
  MemoryPool pool;
  const std::string json_input = R"({"name":"j","datatype":"INT8","shape":[1],"data":[5]})";
  const ReceivedBody body =
      Received(Request(Input("a", "UINT8", "[3]", 3) + "," + json_input + "," + Input("b", "FP32", "[1]", 4) + "," +
                       Input("e", "FP32", "[0]", 0) + "," + Input("s", "BYTES", "[2]", 9)),
               "abc" + Bytes({2.5F}) + std::string("\0\0\0\0\1\0\0\0z", 9));
  const auto message = DecodeInferRequest(body, pool);
  ASSERT_TRUE(message.ok()) << message.status();
  const std::vector<NamedTensor>& inputs = message.value().inputs;
  EXPECT_THAT(inputs[0].tensor.As<uint8_t>(), ElementsAre('a', 'b', 'c'));
  EXPECT_THAT(inputs[1].tensor.As<int8_t>(), ElementsAre(5));
  EXPECT_THAT(inputs[2].tensor.As<float>(), ElementsAre(2.5F));
  EXPECT_TRUE(inputs[3].tensor.data.empty());
  BytesReader strings(inputs[4].tensor.data.bytes());
  EXPECT_EQ(strings.Next(), "");
  EXPECT_EQ(strings.Next(), "z");
}

TEST(InferBinaryTest, EmptySectionsNeedNoHeader) {
  MemoryPool pool;
  const auto message = DecodeInferRequest(Received(Request(Input("x", "FP32", "[0]", 0))), pool);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_TRUE(message.value().inputs[0].tensor.data.empty());
}

struct Refused {
  std::string inputs;
  std::string binary;
  std::string message;
};

TEST(InferBinaryTest, RefusesSectionsThatDoNotFitExactly) {
  for (const Refused& refused : std::vector<Refused>{
           {Input("x", "FP32", "[2]", 4), "1234",
            "inputs[0].parameters.binary_data_size: expected 8 for FP32 [2], found 4"},
           {Input("x", "FP32", "[2]", 12), std::string(12, 'x'), "expected 8 for FP32 [2], found 12"},
           {Input("x", "FP32", "[2]", 8), "1234567",
            "inputs[0].parameters.binary_data_size: expected at most the 7 bytes left behind the JSON, found 8"},
           {Input("x", "UINT8", "[2]", 2) + "," + Input("y", "UINT8", "[2]", 2), "123",
            "inputs[1].parameters.binary_data_size: expected at most the 1 bytes left behind the JSON, found 2"},
           {Input("x", "UINT8", "[2]", 2), "123",
            "inputs: expected binary_data_size to account for all bytes behind the JSON, found 1 bytes that belong to "
            "no"},
           {R"({"name":"x","datatype":"INT8","shape":[1],"data":[1]})", "z", "found 1 bytes that belong to no tensor"},
           {Input("x", "FP64", "[4611686018427387904]", 8), "12345678", "found 8"},
           {Input("x", "FP32", "[4611686018427387904,4611686018427387904]", 8), "12345678",
            "inputs[0].shape: expected less than 2^63 elements"},
           {Input("x", "BYTES", "[1]", 5), std::string("\2\0\0\0a", 5), "inputs[0]: element 0 of 1 is cut off"},
           {Input("x", "BYTES", "[1]", 3), std::string("\2\0\0", 3), "inputs[0]: element 0 of 1 is cut off"},
           {Input("x", "BYTES", "[1000000000000]", 4), std::string(4, '\0'), "element 1 of 1000000000000 is cut off"},
           {Input("x", "BYTES", "[1]", 8), std::string(8, '\0'), "inputs[0]: expected 1 element, but 4 bytes follow"},
           {Input("x", "BYTES", "[1]", 100), "", "expected at most the 0 bytes left behind the JSON, found 100"},
           {R"({"name":"x","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":-4}})", "1234",
            "inputs[0].parameters.binary_data_size: expected an integer from 0"},
           {R"({"name":"x","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":"4"}})", "1234",
            "inputs[0].parameters.binary_data_size: expected an integer from 0"},
           {R"({"name":"x","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4,"binary_data_size":4}})",
            "1234", "inputs[0].parameters.binary_data_size: expected once, found twice"},
           {R"({"name":"x","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":18446744073709551615}})",
            "1234", "found 18446744073709551615"},
           {R"({"name":"x","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":18446744073709551615}})",
            "1234", "expected at most the 4 bytes left behind the JSON"},
       }) {
    MemoryPool pool;
    const Status status = DecodeInferRequest(Received(Request(refused.inputs), refused.binary), pool).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << refused.inputs;
    EXPECT_THAT(status.message(), HasSubstr(refused.message)) << refused.inputs;
  }
}

TEST(InferBinaryTest, TheJsonEndsWhereTheHeaderSays) {
  MemoryPool pool;
  ReceivedBody body = Received(Request(Input("x", "UINT8", "[2]", 2)), "ab");
  --*body.json_bytes;
  const Status early = DecodeInferRequest(body, pool).status();
  EXPECT_THAT(early.message(), HasSubstr("expected ',' or '}', found the end"));
  *body.json_bytes += 2;
  const Status late = DecodeInferRequest(body, pool).status();
  EXPECT_THAT(late.message(), HasSubstr("expected the end of the document, found a"));
}

TEST(InferBinaryTest, WhatAClientEncodesIsDecodedTheSame) {
  MemoryPool pool;
  const auto sent = DecodeInferRequest(
      Received(R"({"id":"i","parameters":{"sequence_id":"s","sequence_start":true,"sequence_end":true,"priority":2,
                   "timeout":9,"binary_data_output":true,"d":2.0,"t":"x","b":true,"i":-1},
                   "inputs":[{"name":"x","shape":[2],"datatype":"BYTES","data":["a","é"]},
                             {"name":"y","shape":[1,2],"datatype":"FP16","data":[0.5,-1]}],
                   "outputs":[{"name":"p"},{"name":"q","parameters":{"binary_data":true,"classification":2}}]})"),
      pool);
  ASSERT_TRUE(sent.ok()) << sent.status();
  for (const InputForm form : {InputForm::kJson, InputForm::kBinary}) {
    const auto encoded = EncodeInferRequest(sent.value(), form);
    ASSERT_TRUE(encoded.ok()) << encoded.status();
    EXPECT_EQ(encoded.value().header_length().has_value(), form == InputForm::kBinary);
    const auto back = DecodeInferRequest(Received(encoded.value()), pool);
    ASSERT_TRUE(back.ok()) << encoded.value().json << back.status();
    EXPECT_EQ(back.value().parameters, sent.value().parameters);
    EXPECT_EQ(EncodeInferRequest(back.value(), InputForm::kJson).value().json,
              EncodeInferRequest(sent.value(), InputForm::kJson).value().json);
  }
}

}  // namespace
}  // namespace trireme::kserve
