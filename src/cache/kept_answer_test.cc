// SPDX-License-Identifier: Apache-2.0
#include "cache/kept_answer.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <utility>

#include "base/memory_pool.h"

namespace trireme {
namespace {

NamedTensor Tensor4(MemoryPool& pool, const std::string& name, float first) {
  NamedTensor named{.name = name, .tensor = MakeTensor(pool, DataType::kFp32, {4})};
  for (size_t i = 0; i < 4; ++i) named.tensor.MutableAs<float>()[i] = first + static_cast<float>(i);
  return named;
}

TEST(KeptAnswer, IsACopyOfTheOutputs) {
  MemoryPool pool;
  InferResponse response{.model = {"m", 3}, .outputs = {}, .parameters = {{"p", std::string("text")}}, .stages = {}};
  response.outputs = {Tensor4(pool, "a", 1), Tensor4(pool, "b", 5)};
  response.outputs.push_back({.name = "none", .tensor = {.type = DataType::kInt8, .shape = {0}, .data = {}}});
  const std::shared_ptr<const KeptAnswer> kept = Keep(response);
  for (NamedTensor& output : response.outputs) {
    for (float& value : output.tensor.MutableAs<float>()) value = -1;
  }
  response.outputs.clear();
  const InferResponse again = kept->Response();
  EXPECT_EQ(again.model, (ModelId{"m", 3}));
  EXPECT_EQ(again.parameters, (Parameters{{"p", std::string("text")}}));
  ASSERT_EQ(again.outputs.size(), 3U);
  EXPECT_EQ(again.outputs[1].name, "b");
  EXPECT_EQ(again.outputs[1].tensor.shape, Shape({4}));
  EXPECT_EQ(again.outputs[0].tensor.As<float>()[3], 4.0F);
  EXPECT_EQ(again.outputs[1].tensor.As<float>()[0], 5.0F);
  EXPECT_TRUE(IsAligned(DataType::kFp64, again.outputs[1].tensor.data.data()));
  EXPECT_TRUE(again.outputs[2].tensor.data.empty());
}

TEST(KeptAnswer, OutlivesTheCacheOfItInAnAnswer) {
  MemoryPool pool;
  std::shared_ptr<const KeptAnswer> kept =
      Keep({.model = {"m", 1}, .outputs = {Tensor4(pool, "a", 1)}, .parameters = {}, .stages = {}});
  const InferResponse given = kept->Response();
  kept.reset();
  EXPECT_EQ(given.outputs[0].tensor.As<float>()[2], 3.0F);
}

TEST(KeptAnswer, CountsWhatItTakes) {
  MemoryPool pool;
  InferResponse response{.model = {"m", 1}, .outputs = {Tensor4(pool, "a", 1)}, .parameters = {}, .stages = {}};
  const size_t small = BytesToKeep(response).value();
  EXPECT_GT(small, 16U);
  response.outputs.push_back({.name = "b", .tensor = MakeTensor(pool, DataType::kFp32, {1000})});
  EXPECT_GT(BytesToKeep(response).value(), small + 4000);
}

TEST(KeptAnswer, IsNotMadeOfMemoryThatTheProcessorCannotRead) {
  const int there = 0;
  InferResponse response{.model = {"m", 1}, .outputs = {}, .parameters = {}, .stages = {}};
  response.outputs.push_back(
      {.name = "a",
       .tensor = {
           .type = DataType::kInt8, .shape = {1}, .data = Buffer::View(&there, 1, nullptr, MemoryKind::kDevice)}});
  EXPECT_FALSE(BytesToKeep(response).has_value());
}

}  // namespace
}  // namespace trireme
