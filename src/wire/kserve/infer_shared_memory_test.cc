// SPDX-License-Identifier: Apache-2.0
// Tensors that lie in a client's shared memory, as JSON tells of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/testing/received.h"

namespace trireme::kserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<InferRequestMessage> Decode(std::string_view json) {
  MemoryPool pool;
  return DecodeInferRequest(Received(json), pool);
}

// A request whose one input is an FP32 [2] with these parameters, and with what `more` adds to it.
std::string Input(const std::string& parameters, const std::string& more = "") {
  return R"({"inputs":[{"name":"x","datatype":"FP32","shape":[2],"parameters":{)" + parameters + "}" + more + "}]}";
}

// A request whose one output has these parameters.
std::string Output(const std::string& parameters) {
  return R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}],)"
         R"("outputs":[{"name":"y","parameters":{)" +
         parameters + "}}]}";
}

TEST(InferSharedMemoryTest, ReadsWhereInputsAndOutputsLie) {
  const auto message = Decode(R"({"inputs":[
      {"name":"a","datatype":"INT8","shape":[1],"data":[1]},
      {"name":"b","datatype":"FP32","shape":[2,2],"parameters":{"shared_memory_region":"r","shared_memory_byte_size":16}},
      {"name":"c","datatype":"BYTES","shape":[2],
       "parameters":{"shared_memory_offset":64,"shared_memory_byte_size":11,"shared_memory_region":"s"}}],
      "outputs":[{"name":"y"},{"name":"z","parameters":{"binary_data":false,"shared_memory_region":"t",
                  "shared_memory_byte_size":4,"shared_memory_offset":8}}]})");
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->inputs[1].tensor.shape, (Shape{2, 2}));
  EXPECT_TRUE(message->inputs[1].tensor.data.empty());
  ASSERT_EQ(message->shared_inputs.size(), 2U);
  EXPECT_EQ(message->shared_inputs[0].input, 1U);
  EXPECT_EQ(message->shared_inputs[0].range.region, "r");
  EXPECT_EQ(message->shared_inputs[0].range.offset, 0U);
  EXPECT_EQ(message->shared_inputs[0].range.byte_size, 16U);
  EXPECT_EQ(message->shared_inputs[1].input, 2U);
  EXPECT_EQ(message->shared_inputs[1].range.offset, 64U);
  EXPECT_FALSE(message->form.outputs[0].shared_memory);
  ASSERT_TRUE(message->form.outputs[1].shared_memory);
  EXPECT_EQ(message->form.outputs[1].shared_memory->region, "t");
  EXPECT_EQ(message->form.outputs[1].shared_memory->offset, 8U);
}

TEST(InferSharedMemoryTest, BinaryTensorsBesideItKeepTheirOrder) {
  MemoryPool pool;
  const auto message = DecodeInferRequest(
      Received(R"({"inputs":[{"name":"a","datatype":"UINT8","shape":[1],"parameters":{"binary_data_size":1}},
                {"name":"b","datatype":"UINT8","shape":[1],
                 "parameters":{"shared_memory_region":"r","shared_memory_byte_size":1}},
                {"name":"c","datatype":"UINT8","shape":[1],"parameters":{"binary_data_size":1}}]})",
               "pq"),
      pool);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_THAT(message->inputs[0].tensor.As<uint8_t>(), ElementsAre('p'));
  EXPECT_THAT(message->inputs[2].tensor.As<uint8_t>(), ElementsAre('q'));
}

struct Refused {
  std::string json;
  std::string message;
};

TEST(InferSharedMemoryTest, RefusesHalfAndContradictoryRanges) {
  const std::string region = R"("shared_memory_region":"r")";
  const std::string size = R"("shared_memory_byte_size":8)";
  const std::string whole = region + "," + size;
  for (const Refused& refused : std::vector<Refused>{
           {Input(region),
            "inputs[0].parameters.shared_memory_byte_size: expected how many bytes of the region, beside its name, "
            "found nothing"},
           {Input(size), "inputs[0].parameters.shared_memory_region: expected the name of a region beside"},
           {Input(R"("shared_memory_offset":0)"), "inputs[0].parameters.shared_memory_region: expected the name"},
           {Input(R"("shared_memory_region":"",)" + size), "expected the name of a region, found an empty string"},
           {Input(R"("shared_memory_region":")" + std::string(kMaxNameBytes + 1, 'r') + "\"," + size),
            "expected a name of at most 1024 bytes, found 1025"},
           {Input(R"("shared_memory_region":1)"), "shared_memory_region: expected a string, found number 1"},
           {Input(region + R"(,"shared_memory_byte_size":-8)"), "shared_memory_byte_size: expected an integer from 0"},
           {Input(region + R"(,"shared_memory_byte_size":8.0)"), "shared_memory_byte_size: expected an integer"},
           {Input(whole + R"(,"shared_memory_offset":-1)"), "shared_memory_offset: expected an integer from 0"},
           {Input(whole + R"(,"shared_memory_offset":9223372036854775800)"),
            "expected a range that ends below 2^63, found 8 bytes from byte 9223372036854775800 on"},
           {Input(whole + "," + size), "shared_memory_byte_size: expected once, found twice"},
           {Input(region + R"(,"shared_memory_byte_size":9)"),
            "inputs[0].parameters.shared_memory_byte_size: expected 8 for FP32 [2], found 9"},
           {Input(whole, R"(,"data":[1,2])"),
            "inputs[0]: expected either 'data' or the parameter 'shared_memory_region', found both"},
           {Input(whole + R"(,"binary_data_size":8)"),
            "inputs[0]: expected either the parameter 'binary_data_size' or 'shared_memory_region', found both"},
           {Output(region), "outputs[0].parameters.shared_memory_byte_size: expected how many bytes"},
           {Output(whole + R"(,"binary_data":true)"),
            "outputs[0].parameters: expected either 'shared_memory_region' or 'binary_data', found both"},
           {Output(whole + R"(,"classification":2)"),
            "outputs[0].parameters: expected either 'shared_memory_region' or 'classification', found both"},
       }) {
    const Status status = Decode(refused.json).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << refused.json;
    EXPECT_THAT(status.message(), HasSubstr(refused.message)) << refused.json;
  }
}

TEST(InferSharedMemoryTest, WhatAClientEncodesIsDecodedTheSame) {
  const auto sent = Decode(R"({"inputs":[
      {"name":"b","datatype":"FP32","shape":[1],
       "parameters":{"shared_memory_region":"r","shared_memory_byte_size":4,"shared_memory_offset":12}},
      {"name":"a","datatype":"INT8","shape":[1],"data":[1]}],
      "outputs":[{"name":"z","parameters":{"shared_memory_region":"t","shared_memory_byte_size":4}}]})");
  ASSERT_TRUE(sent.ok()) << sent.status();
  MemoryPool pool;
  for (const InputForm form : {InputForm::kJson, InputForm::kBinary}) {
    const auto encoded = EncodeInferRequest(*sent, form);
    ASSERT_TRUE(encoded.ok()) << encoded.status();
    const auto back = DecodeInferRequest(Received(*encoded), pool);
    ASSERT_TRUE(back.ok()) << encoded->json << back.status();
    ASSERT_EQ(back->shared_inputs.size(), 1U);
    EXPECT_EQ(back->shared_inputs[0].range.offset, 12U);
    EXPECT_THAT(back->inputs[1].tensor.As<int8_t>(), ElementsAre(1));
    EXPECT_EQ(EncodeInferRequest(*back, form)->json, encoded->json);
  }
}

TEST(InferSharedMemoryTest, AnswersHaveNoElementsOfWhatWasWrittenThere) {
  const std::vector<float> values = {1, 2};
  const Tensor tensor{.type = DataType::kFp32, .shape = {2}, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
  const InferResponse response{.model = {.name = "m", .version = 1},
                               .outputs = {{.name = "y", .tensor = tensor}, {.name = "z", .tensor = tensor}},
                               .parameters = {},
                               .stages = {}};
  const ResponseForm form{.id = {},
                          .outputs = {{.name = "y", .shared_memory = SharedMemoryRange{"r", 0, 8}}, {.name = "z"}}};
  const auto body = EncodeInferResponse(response, form);
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(body->json,
            R"({"model_name":"m","model_version":"1","outputs":[{"name":"y","datatype":"FP32","shape":[2]},)"
            R"({"name":"z","datatype":"FP32","shape":[2],"data":[1,2]}]})");
  MemoryPool pool;
  const auto message = DecodeInferResponse(Received(*body), pool);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_THAT(message->outputs_elsewhere, ElementsAre(0));
  EXPECT_TRUE(message->outputs[0].tensor.data.empty());
  EXPECT_EQ(message->outputs[1].tensor.data.size(), 8U);
}

}  // namespace
}  // namespace trireme::kserve
