// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tensor/bytes_elements.h"
#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/testing/received.h"

namespace trireme::kserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

NamedTensor Floats(const std::string& name, const std::vector<float>& values) {
  return {.name = name,
          .tensor = {.type = DataType::kFp32,
                     .shape = {1, static_cast<int64_t>(values.size())},
                     .data = Buffer::CopyOf(std::as_bytes(std::span(values)))}};
}

InferResponse Response(std::vector<NamedTensor> outputs) {
  return {.model = {.name = "m", .version = 3}, .outputs = std::move(outputs), .parameters = {}, .stages = {}};
}

TEST(InferResponseTest, WritesKeysInTheCustomaryOrder) {
  InferResponse response = Response({Floats("y", {0.1F, -1})});
  EXPECT_EQ(EncodeInferResponse(response, {}).value().json,
            R"({"model_name":"m","model_version":"3","outputs":[{"name":"y","datatype":"FP32","shape":[1,2],)"
            R"("data":[0.1,-1]}]})");

  response.parameters = {{"final", true}, {"n", int64_t{1}}, {"u", uint64_t{2}}, {"d", 3.0}, {"s", std::string("\"")}};
  EXPECT_EQ(EncodeInferResponse(response, {.id = "a\"b", .outputs = {}, .binary_data_output = true}).value().json,
            R"({"id":"a\"b","model_name":"m","model_version":"3",)"
            R"("parameters":{"final":true,"n":1,"u":2,"d":3.0,"s":"\""},"outputs":[{"name":"y","datatype":"FP32",)"
            R"("shape":[1,2],"parameters":{"binary_data_size":8}}]})");
}

TEST(InferResponseTest, AnEmptyIdIsEchoedToo) {
  EXPECT_THAT(EncodeInferResponse(Response({}), {.id = "", .outputs = {}}).value().json, HasSubstr("{\"id\":\"\","));
}

TEST(InferResponseTest, SharesBinaryOutputsInTheirOrder) {
  const InferResponse response = Response({Floats("a", {1}), Floats("b", {2}), Floats("none", {}), Floats("c", {3})});
  const ResponseForm form{.id = {},
                          .outputs = {{.name = "c", .binary = true}, {.name = "b"}, {.name = "none", .binary = true}},
                          .binary_data_output = true};
  const auto body = EncodeInferResponse(response, form);
  ASSERT_TRUE(body.ok()) << body.status();
  ASSERT_EQ(body.value().tensors.size(), 2U);
  EXPECT_EQ(body.value().tensors[0].data(), response.outputs[0].tensor.data.data());
  EXPECT_EQ(body.value().tensors[1].data(), response.outputs[3].tensor.data.data());
  EXPECT_EQ(body.value().header_length(), body.value().json.size());
  EXPECT_THAT(body.value().json, HasSubstr(R"("name":"b","datatype":"FP32","shape":[1,1],"data":[2])"));
  EXPECT_THAT(body.value().json,
              HasSubstr(R"("name":"none","datatype":"FP32","shape":[1,0],"parameters":{"binary_data_size":0})"));
}

TEST(InferResponseTest, WithoutBytesBehindTheJsonThereIsNoHeader) {
  const auto body =
      EncodeInferResponse(Response({Floats("y", {})}), {.id = {}, .outputs = {}, .binary_data_output = true});
  EXPECT_EQ(body.value().header_length(), std::nullopt);
}

TEST(InferResponseTest, WhatIsNoNumberIsWrittenAsTokens) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto body = EncodeInferResponse(Response({Floats("y", {std::nanf(""), kInfinity, -kInfinity})}), {});
  EXPECT_THAT(body.value().json, HasSubstr("\"data\":[NaN,Infinity,-Infinity]"));
}

TEST(InferResponseTest, RefusesBytesThatAreNoText) {
  std::vector<std::byte> data;
  AppendBytesElement(data, "\x80");
  const Tensor tensor{.type = DataType::kBytes, .shape = {1}, .data = Buffer::CopyOf(data)};
  const Status status = EncodeInferResponse(Response({{.name = "raw", .tensor = tensor}}), {}).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("output 'raw': element 0 is not UTF-8"));
  const ResponseForm binary{.id = {}, .outputs = {}, .binary_data_output = true};
  EXPECT_TRUE(EncodeInferResponse(Response({{.name = "raw", .tensor = tensor}}), binary).ok());
}

TEST(InferResponseTest, ABackendsBrokenTensorIsOurFault) {
  NamedTensor broken = Floats("y", {1, 2});
  broken.tensor.shape = {1, 3};
  for (const bool binary : {false, true}) {
    const ResponseForm form{.id = {}, .outputs = {}, .binary_data_output = binary};
    EXPECT_EQ(EncodeInferResponse(Response({broken}), form).status().code(), StatusCode::kInternal);
  }
}

TEST(InferResponseTest, AClientReadsWhatTheServerWrites) {
  InferResponse response = Response({Floats("a", {1.5F, 2}), Floats("b", {3})});
  response.parameters = {{"final", true}};
  for (const bool binary : {false, true}) {
    MemoryPool pool;
    const auto body = EncodeInferResponse(response, {.id = "x", .outputs = {}, .binary_data_output = binary});
    const auto message = DecodeInferResponse(Received(body.value()), pool);
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(message.value().id, "x");
    EXPECT_EQ(message.value().model_name, "m");
    EXPECT_EQ(message.value().model_version, "3");
    EXPECT_EQ(message.value().parameters, response.parameters);
    ASSERT_EQ(message.value().outputs.size(), 2U);
    EXPECT_EQ(message.value().outputs[1].name, "b");
    EXPECT_THAT(message.value().outputs[0].tensor.As<float>(), ElementsAre(1.5F, 2));
    EXPECT_THAT(message.value().outputs[1].tensor.As<float>(), ElementsAre(3));
  }
}

struct Refused {
  std::string json;
  std::string message;
};

TEST(InferResponseTest, AClientRefusesWhatIsNoResponse) {
  for (const Refused& refused : std::vector<Refused>{
           {"", "expected an object"},
           {"{}", "model_name: expected a string, found nothing"},
           {R"({"model_name":"m"})", "outputs: expected an array, found nothing"},
           {R"({"model_name":1})", "model_name: expected a string, found number 1"},
           {R"({"model_name":"m","model_version":1,"outputs":[]})", "model_version: expected a string"},
           {R"({"model_name":"m","parameters":[],"outputs":[]})", "parameters: expected an object"},
           {R"({"model_name":"m","parameters":{"p":[]},"outputs":[]})", "parameters.p: expected a string, a number"},
           {R"({"model_name":"m","outputs":[{"name":"y","shape":[1],"datatype":"INT8","data":[300]}]})",
            "outputs[0].data: element 0 (INT8): expected an integer from -128 to 127, found number 300"},
           {R"({"model_name":"m","outputs":[]} {})", "expected the end of the document"},
           {R"({"other":[}})", "expected a value, found '}'"},
       }) {
    MemoryPool pool;
    const Status status = DecodeInferResponse(Received(refused.json), pool).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << refused.json;
    EXPECT_THAT(status.message(), HasSubstr(refused.message)) << refused.json;
  }
}

}  // namespace
}  // namespace trireme::kserve
