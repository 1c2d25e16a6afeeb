// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/permute.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace trireme::tensorflow {
namespace {

std::string Of(const std::vector<int64_t>& order, const Dims& dims, const std::string& letters) {
  return Permute(letters, 1, dims, order);
}

TEST(Permute, PutsDimensionsInAnotherOrder) {
  EXPECT_EQ(Of({1, 0}, {2, 3}, "abcdef"), "adbecf");
  EXPECT_EQ(Of({2, 0, 1}, {2, 1, 3}, "abcdef"), "adbecf");
  EXPECT_EQ(Of({0, 1}, {2, 3}, "abcdef"), "abcdef");
  EXPECT_EQ(Of({0}, {3}, "abc"), "abc");
  EXPECT_EQ(Of({}, {}, "a"), "a");
  EXPECT_EQ(Of({1, 0}, {0, 3}, ""), "");
}

TEST(Permute, KeepsElementsWhole) {
  EXPECT_EQ(Permute("aabbccddeeff", 2, {2, 3}, std::array<int64_t, 2>{1, 0}), "aaddbbeeccff");
  EXPECT_EQ(Permute("aaaabbbb", 4, {1, 2}, std::array<int64_t, 2>{1, 0}), "aaaabbbb");
  EXPECT_EQ(Permute("aaaaaaaabbbbbbbb", 8, {2, 1}, std::array<int64_t, 2>{1, 0}), "aaaaaaaabbbbbbbb");
}

}  // namespace
}  // namespace trireme::tensorflow
