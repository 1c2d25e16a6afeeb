// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/permute.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace trireme::tensorflow {
namespace {

std::string Of(const std::vector<int64_t>& order, const Dims& dims, const std::string& letters, uint64_t width = 1) {
  std::string permuted;
  const Status status = Permute(letters, width, dims, order, [&](std::string_view some) {
    permuted += some;
    return Status();
  });
  EXPECT_TRUE(status.ok());
  return permuted;
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
  EXPECT_EQ(Of({1, 0}, {2, 3}, "aabbccddeeff", 2), "aaddbbeeccff");
  EXPECT_EQ(Of({1, 0}, {1, 2}, "aaaabbbb", 4), "aaaabbbb");
  EXPECT_EQ(Of({1, 0}, {2, 1}, "aaaaaaaabbbbbbbb", 8), "aaaaaaaabbbbbbbb");
}

// The place of each element by arithmetic, where there are too many rows for one piece.
TEST(Permute, GivesLargeOnesInPieces) {
  const Dims dims = {3, 2, 300, 130};
  const std::array<int64_t, 4> order = {3, 2, 0, 1};
  std::vector<uint16_t> elements(size_t{3} * 2 * 300 * 130);
  for (size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<uint16_t>(i);
  std::vector<uint16_t> permuted;
  size_t pieces = 0;
  const std::string_view bytes(reinterpret_cast<const char*>(elements.data()), elements.size() * 2);
  const Status status = Permute(bytes, 2, dims, order, [&](std::string_view some) {
    ++pieces;
    const size_t before = permuted.size();
    permuted.resize(before + some.size() / 2);
    std::memcpy(permuted.data() + before, some.data(), some.size());
    return Status();
  });
  ASSERT_TRUE(status.ok());
  EXPECT_GT(pieces, 1);
  ASSERT_EQ(permuted.size(), elements.size());
  size_t next = 0;
  for (size_t out = 0; out < 130; ++out) {
    for (size_t in = 0; in < 300; ++in) {
      for (size_t place = 0; place < 6; ++place) {
        ASSERT_EQ(permuted[next++], static_cast<uint16_t>((place * 300 + in) * 130 + out)) << out << " " << in;
      }
    }
  }
}

TEST(Permute, EndsWithTheFirstError) {
  int calls = 0;
  const std::string rows(1 << 20, 'a');
  const Status status = Permute(rows, 1, {1024, 1024}, std::array<int64_t, 2>{1, 0}, [&](std::string_view) {
    ++calls;
    return Unavailable("full");
  });
  EXPECT_EQ(status.message(), "full");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace trireme::tensorflow
