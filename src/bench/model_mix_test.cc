// SPDX-License-Identifier: Apache-2.0
#include "bench/model_mix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace trireme::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ParseModelsTest, ReadsNamesAndWeights) {
  const auto shares = ParseModels("a,b:3,v:1:20");
  ASSERT_TRUE(shares.ok()) << shares.status();
  EXPECT_THAT(*shares, ElementsAre(ModelShare{"a", 1}, ModelShare{"b", 3}, ModelShare{"v:1", 20}));
}

TEST(ParseModelsTest, OneNameIsTakenAsItStands) {
  EXPECT_THAT(*ParseModels("llama:7"), ElementsAre(ModelShare{"llama:7", 1}));
}

TEST(ParseModelsTest, SaysWhatIsWrong) {
  const auto error = [](const char* text) { return ParseModels(text).status().message(); };
  EXPECT_THAT(error(""), HasSubstr("expected a name"));
  EXPECT_THAT(error("a,"), HasSubstr("expected a name"));
  EXPECT_THAT(error("a,b:x"), HasSubstr("expected a weight from 1 to 1000000 behind ':', found \"b:x\""));
  EXPECT_THAT(error("a,b:0"), HasSubstr("expected a weight"));
  EXPECT_THAT(error("a,b,a:2"), HasSubstr("expected each model once, found \"a\" twice"));
}

TEST(ModelPickerTest, PicksByWeightAndTheSameForTheSameSeed) {
  const std::vector<ModelShare> shares = {{"a", 1}, {"b", 3}, {"c", 6}};
  ModelPicker picker(shares, 5), same(shares, 5);
  std::array<int, 3> counts = {};
  for (int i = 0; i < 100'000; ++i) {
    const size_t pick = picker.Next();
    EXPECT_EQ(pick, same.Next());
    ++counts[pick];
  }
  EXPECT_NEAR(counts[0], 10'000, 500);
  EXPECT_NEAR(counts[1], 30'000, 800);
  EXPECT_NEAR(counts[2], 60'000, 800);
}

}  // namespace
}  // namespace trireme::bench
