// SPDX-License-Identifier: Apache-2.0
#include "codec/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace trireme {
namespace {

Hash128 Of(const KeyedHash& hash, const std::vector<std::string_view>& texts) {
  std::vector<std::span<const std::byte>> pieces;
  for (const std::string_view text : texts) pieces.push_back(std::as_bytes(std::span(text)));
  return hash.Of(pieces);
}

TEST(KeyedHash, IsOfTheBytesAndNotOfThePieces) {
  const KeyedHash hash;
  EXPECT_EQ(Of(hash, {"one text"}), Of(hash, {"one", "", " ", "text"}));
  EXPECT_EQ(Of(hash, {""}), Of(hash, {}));
  EXPECT_EQ(Of(hash, {"one text"}), Of(hash, {"one text"}));
}

TEST(KeyedHash, TellsTextsApartThatDifferInOneBit) {
  const KeyedHash hash;
  std::set<Hash128> hashes;
  std::string text(1000, '\0');
  hashes.insert(Of(hash, {text}));
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string other = text;
    other[bit / 8] = static_cast<char>(1 << (bit % 8));
    hashes.insert(Of(hash, {other}));
  }
  EXPECT_EQ(hashes.size(), 1 + text.size() * 8);
}

TEST(KeyedHash, TellsTextsOfZerosApartByTheirLength) {
  const KeyedHash hash;
  std::set<Hash128> hashes;
  for (size_t length = 0; length < 100; ++length) hashes.insert(Of(hash, {std::string(length, '\0')}));
  EXPECT_EQ(hashes.size(), 100U);
}

TEST(KeyedHash, HasAKeyOfItsOwn) {
  EXPECT_NE(Of(KeyedHash(), {"a text"}), Of(KeyedHash(), {"a text"}));
}

}  // namespace
}  // namespace trireme
