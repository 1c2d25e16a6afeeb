// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CapacityPlan, ReadsWhatTheServerSaysOfItsMemory) {
  const auto memory = ReadModelMemory(
      "# TYPE trireme_memory_budget_bytes gauge\n"
      "trireme_memory_budget_bytes{device=\"cuda:0\"} 7\n"
      "trireme_memory_budget_bytes{device=\"cpu\"} 1.6e+10\n"
      "trireme_memory_used_bytes{device=\"cpu\"} 1024\n"
      "trireme_memory_other_bytes{device=\"cpu\"} 512\n");
  ASSERT_TRUE(memory.ok()) << memory.status();
  EXPECT_EQ(memory->budget_bytes, 16'000'000'000U);
  EXPECT_EQ(memory->used_bytes, 1024U);
  EXPECT_EQ(memory->filled_bytes(), 1536U);
}

TEST(CapacityPlan, NamesTheMetricThatIsMissing) {
  const Status status = ReadModelMemory("trireme_memory_budget_bytes{device=\"cpu\"} 5").status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("trireme_memory_used_bytes{device=\"cpu\"}"));
}

TEST(CapacityPlan, TakesNoOtherSampleForTheOneItLooksFor) {
  EXPECT_EQ(FindSample("up_total 1\nup 2\n", "up"), 2);
  EXPECT_EQ(FindSample("up{a=\"b\"} 1\n", "up"), std::nullopt);
  EXPECT_EQ(FindSample("up", "up"), std::nullopt);
  EXPECT_EQ(FindSample("up ?\nup 3", "up"), 3);
  EXPECT_EQ(FindSample("", "up"), std::nullopt);
}

TEST(CapacityPlan, FillsNineTenthsOfTheBudget) {
  EXPECT_TRUE(HasRoomForOneMore({.budget_bytes = 1000, .used_bytes = 0}, 0)) << "before anything is known";
  EXPECT_TRUE(HasRoomForOneMore({.budget_bytes = 1000, .used_bytes = 899}, 100));
  EXPECT_FALSE(HasRoomForOneMore({.budget_bytes = 1000, .used_bytes = 900}, 10));
  EXPECT_FALSE(HasRoomForOneMore({.budget_bytes = 1000, .used_bytes = 500, .other_bytes = 400}, 10));
  EXPECT_FALSE(HasRoomForOneMore({.budget_bytes = 1000, .used_bytes = 700}, 350)) << "another would have to go";
  EXPECT_FALSE(HasRoomForOneMore({.budget_bytes = 1000, .used_bytes = 1100}, 0));
}

TEST(CapacityPlan, NeedsDiskForEveryCopyThatMayFit) {
  EXPECT_EQ(DiskBytesNeeded(1000, 100), 1100U);
}

TEST(CapacityPlan, AddsUsersUpToTwoHundred) {
  const std::vector<Stage> stages = UsualStages();
  EXPECT_EQ(stages.front().users, 1);
  EXPECT_EQ(stages.back().users, 200);
  for (const Stage& stage : stages) EXPECT_EQ(stage.per_second, 0) << "they come at once";
}

TEST(CapacityPlan, TellsVariantsApart) {
  EXPECT_THAT(VariantNames({"a/resnet50.onnx", "resnet50_int8.onnx", "b/resnet50.onnx"}),
              ElementsAre("resnet50", "resnet50_int8", "resnet50 (2)"));
  EXPECT_THAT(VariantNames({"m/resnet50/1/model.onnx", "bert/model.onnx", "model.onnx", "1/model.onnx"}),
              ElementsAre("resnet50", "bert", "model", "model (2)"));
  EXPECT_THAT(VariantNames({"what?/strange#name.onnx"}), ElementsAre("strange_name"));
}

TEST(CapacityPlan, NumbersCopiesInOrder) {
  EXPECT_EQ(CopyName("a", 7), "a-0007");
  EXPECT_EQ(CopyName("a", 12345), "a-12345");
}

}  // namespace
}  // namespace trireme::bench
