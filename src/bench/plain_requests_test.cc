// SPDX-License-Identifier: Apache-2.0
#include "bench/plain_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "base/memory_pool.h"
#include "tensor/tensor.h"
#include "wire/torchserve/grpc_messages.h"

namespace trireme::bench {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::shared_ptr<const std::string> Shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

NamedTensor Pair(std::string name, float first, float second, MemoryPool& pool) {
  Tensor tensor = MakeTensor(pool, DataType::kFp32, Shape({1, 2}));
  tensor.MutableAs<float>()[0] = first;
  tensor.MutableAs<float>()[1] = second;
  return {.name = std::move(name), .tensor = std::move(tensor)};
}

TEST(PlainPathTest, NamesTheModel) {
  EXPECT_EQ(PlainPath(Dialect::kTorchserve, "a b", ""), "/predictions/a%20b");
  EXPECT_EQ(PlainPath(Dialect::kTorchserve, "a", "1.0/x"), "/predictions/a/1.0%2Fx");
  EXPECT_EQ(PlainPath(Dialect::kTfserving, "a b", ""), "/v1/models/a%20b:predict");
  EXPECT_EQ(PlainPath(Dialect::kTfserving, "a", "2"), "/v1/models/a/versions/2:predict");
  EXPECT_EQ(PlainPath(Dialect::kSagemaker, "a?", ""), "/models/a%3F/invoke");
  EXPECT_EQ(PlainPath(Dialect::kSagemaker, kInvocations, ""), "/invocations");
}

TEST(BodiesTest, AreWhatTheyLookLikeUnlessToldOtherwise) {
  const std::vector<InputFile> files = {{.path = "a", .bytes = Shared("\xFF\xD8\xFF")},
                                        {.path = "b", .bytes = Shared("[1]")},
                                        {.path = "c", .bytes = Shared("[2]")}};
  EXPECT_EQ(MediaTypesOf(BodiesOf(files, "")), "image/jpeg+application/json");
  EXPECT_EQ(MediaTypesOf(BodiesOf(files, "text/plain")), "text/plain");
}

TEST(JsonBodyTest, IsWhatTheDialectsClientsSend) {
  MemoryPool pool;
  kserve::InferRequestMessage message;
  message.inputs.push_back(Pair("x", 1, 2.5, pool));
  EXPECT_EQ(*JsonBody(Dialect::kTorchserve, message)->bytes, "[[1,2.5]]");
  EXPECT_EQ(*JsonBody(Dialect::kTfserving, message)->bytes, R"({"inputs":[[1,2.5]]})");
  EXPECT_THAT(*JsonBody(Dialect::kSagemaker, message)->bytes, AllOf(StartsWith("{\"inputs\":["), HasSubstr("FP32")));
  message.inputs.push_back(Pair("y", 3, 4, pool));
  EXPECT_EQ(*JsonBody(Dialect::kTorchserve, message)->bytes, R"({"x":[[1,2.5]],"y":[[3,4]]})");
}

TEST(PreparePlainTest, SendsTheBodyAsItIs) {
  const client::Url url = *client::ParseUrl("http://h:8080/gateway/");
  const auto request =
      PreparePlain(url, "/predictions/m", {.media_type = "image/jpeg", .bytes = Shared("bytes")}, "secret");
  EXPECT_THAT(request.bytes, AllOf(StartsWith("POST /gateway/predictions/m HTTP/1.1\r\n"),
                                   HasSubstr("Content-Type: image/jpeg\r\n"), HasSubstr("Content-Length: 5\r\n"),
                                   HasSubstr("Authorization: Bearer secret\r\n"), EndsWith("\r\n\r\nbytes")));
}

TEST(EncodePredictionTest, IsARequestWithData) {
  const std::string bytes = EncodePrediction("m", "2", {.media_type = "", .bytes = Shared("body")});
  const auto request = torchserve::DecodePredictionsRequest(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->model_name, "m");
  EXPECT_EQ(request->model_version, "2");
  ASSERT_EQ(request->inputs.size(), 1u);
  EXPECT_EQ(request->inputs[0].name, "data");
  EXPECT_EQ(request->inputs[0].bytes.size(), 4u);
}

}  // namespace
}  // namespace trireme::bench
