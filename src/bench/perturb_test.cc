// SPDX-License-Identifier: Apache-2.0
#include "bench/perturb.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace trireme::bench {
namespace {

using onnxfile::ElementType;

template <typename T>
std::vector<T> Perturbed(ElementType type, std::vector<T> values, uint64_t seed) {
  Perturb(type, {reinterpret_cast<char*>(values.data()), values.size() * sizeof(T)}, 0, seed);
  return values;
}

TEST(Perturb, ChangesFloatsByLittle) {
  const std::vector<float> before(100, 0.75F);
  const std::vector<float> after = Perturbed(ElementType::kFloat, before, 1);
  EXPECT_NE(before, after);
  for (const float value : after) EXPECT_NEAR(value, 0.75F, 1e-4F);
}

TEST(Perturb, LeavesSpecialValues) {
  using Limits = std::numeric_limits<float>;
  const std::vector<float> special = {0, -0.0F, Limits::infinity(), -Limits::infinity(), Limits::denorm_min()};
  EXPECT_EQ(Perturbed(ElementType::kFloat, special, 1), special);
}

TEST(Perturb, GivesEachSeedItsOwnPattern) {
  const std::vector<float> before(100, 1);
  EXPECT_EQ(Perturbed(ElementType::kFloat, before, 1), Perturbed(ElementType::kFloat, before, 1));
  EXPECT_NE(Perturbed(ElementType::kFloat, before, 1), Perturbed(ElementType::kFloat, before, 2));
}

TEST(Perturb, GoesOnWhereItStopped) {
  std::vector<float> whole(8, 1);
  std::vector<float> parts = whole;
  char* const bytes = reinterpret_cast<char*>(parts.data());
  Perturb(ElementType::kFloat, {reinterpret_cast<char*>(whole.data()), 32}, 0, 1);
  Perturb(ElementType::kFloat, {bytes, 12}, 0, 1);
  Perturb(ElementType::kFloat, {bytes + 12, 20}, 3, 1);
  EXPECT_EQ(whole, parts);
}

TEST(Perturb, ChangesEveryTypeOfWeights) {
  EXPECT_NE(Perturbed(ElementType::kDouble, std::vector<double>(100, 1), 1), std::vector<double>(100, 1));
  EXPECT_NE(Perturbed(ElementType::kFloat16, std::vector<uint16_t>(100, 0x3C00), 1),
            std::vector<uint16_t>(100, 0x3C00));
  EXPECT_NE(Perturbed(ElementType::kBfloat16, std::vector<uint16_t>(100, 0x3F80), 1),
            std::vector<uint16_t>(100, 0x3F80));
  EXPECT_NE(Perturbed(ElementType::kInt8, std::vector<int8_t>(100, 0), 1), std::vector<int8_t>(100, 0));
  EXPECT_EQ(Perturbed(ElementType::kInt64, std::vector<int64_t>(100, 1), 1), std::vector<int64_t>(100, 1));
}

}  // namespace
}  // namespace trireme::bench
