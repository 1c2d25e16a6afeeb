// SPDX-License-Identifier: Apache-2.0
#include "bench/answer_store.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/kserve/infer_proto.h"

namespace trireme::bench {
namespace {

constexpr const char* kJson =
    R"({"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[2.5]}]})";
constexpr const char* kBinaryJson =
    R"({"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]})";
constexpr const char* kOne = "\0\0\x80\x3f";  // 1, as FP32

float First(const AnswerStore::Answer& answer) {
  return answer.response.value().outputs.at(0).tensor.As<float>()[0];
}

TEST(AnswerStore, HasAnswersOfEveryForm) {
  MemoryPool pool;
  AnswerStore store = AnswerStore::Make(6).value();
  store.Put(1, {.ok = true, .answer = kJson}, /*grpc=*/false);
  const std::string binary = std::string(kBinaryJson) + std::string(kOne, 4);
  const std::string length = std::to_string(std::string(kBinaryJson).size());
  store.Put(2, {.ok = true, .answer = binary, .json_bytes = length}, /*grpc=*/false);
  InferResponse response{.model = {"m", 1}, .outputs = {}, .parameters = {}, .stages = {}};
  response.outputs.push_back({"y", MakeTensor(pool, DataType::kFp32, {1})});
  response.outputs[0].tensor.MutableAs<float>()[0] = 7;
  const std::string message = kserve::EncodeGrpcInferResponse(response, {}).value().Joined();
  store.Put(3, {.ok = true, .answer = message}, /*grpc=*/true);
  store.PutRecorded(4, {.json = kBinaryJson, .tensors = {Buffer::CopyOf(std::as_bytes(std::span(kOne, 4)))}});
  store.Put(5, {.ok = false, .kind = "HTTP 503", .message = "full"}, /*grpc=*/false);
  EXPECT_TRUE(store.status().ok());
  EXPECT_EQ(First(store.Get(1, pool)), 2.5F);
  EXPECT_EQ(First(store.Get(2, pool)), 1.0F);
  EXPECT_EQ(First(store.Get(3, pool)), 7.0F);
  EXPECT_EQ(First(store.Get(4, pool)), 1.0F);
  EXPECT_EQ(store.Get(5, pool).failure, "HTTP 503: full");
  EXPECT_FALSE(store.Get(0, pool).response.has_value());
  EXPECT_EQ(store.Get(0, pool).failure, "");
}

TEST(AnswerStore, AnAnswerThatMakesNoSenseIsAFailure) {
  MemoryPool pool;
  AnswerStore store = AnswerStore::Make(3).value();
  store.Put(0, {.ok = true, .answer = "text"}, /*grpc=*/false);
  store.Put(1, {.ok = true, .answer = kJson, .json_bytes = "99999"}, /*grpc=*/false);
  store.Put(2, {.ok = true, .answer = ""}, /*grpc=*/false);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(store.Get(i, pool).response.has_value()) << i;
    EXPECT_NE(store.Get(i, pool).failure, "") << i;
  }
}

}  // namespace
}  // namespace trireme::bench
