// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace trireme {
namespace {

// The encoding of a code point by RFC 3629's table, written out independently of the code under test.
std::string Encode(uint32_t code) {
  const auto byte = [](uint32_t value) { return static_cast<char>(value); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F))};
  if (code < 0x10000) return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
  return {byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)),
          byte(0x80 | (code & 0x3F))};
}

TEST(Utf8Test, TakesEveryCodePointButSurrogates) {
  for (uint32_t code = 0; code < 0x110000; ++code) {
    const std::string text = Encode(code);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    ASSERT_EQ(Utf8SequenceLength(text), surrogate ? 0 : text.size()) << code;
  }
}

TEST(Utf8Test, RefusesWhatLiesBeyondUnicode) {
  EXPECT_EQ(Utf8SequenceLength(Encode(0x110000)), 0);
  EXPECT_EQ(Utf8SequenceLength("\xF5\x80\x80\x80"), 0);
  EXPECT_EQ(Utf8SequenceLength("\xFF"), 0);
}

TEST(Utf8Test, RefusesOverlongForms) {
  EXPECT_EQ(Utf8SequenceLength("\xC0\xAF"), 0);
  EXPECT_EQ(Utf8SequenceLength("\xC1\xBF"), 0);
  EXPECT_EQ(Utf8SequenceLength("\xE0\x9F\xBF"), 0);
  EXPECT_EQ(Utf8SequenceLength("\xF0\x8F\xBF\xBF"), 0);
}

TEST(Utf8Test, RefusesACutOffOrLoneByte) {
  for (const uint32_t code : {0xFCU, 0x6F22U, 0x1F680U}) {
    const std::string text = Encode(code);
    for (size_t length = 0; length < text.size(); ++length) {
      EXPECT_EQ(Utf8SequenceLength(text.substr(0, length)), 0);
      EXPECT_EQ(Utf8SequenceLength(text.substr(0, length) + "a"), 0U + (length == 0 ? 1 : 0));
    }
  }
  EXPECT_EQ(Utf8SequenceLength("\x80"), 0);
}

TEST(Utf8Test, LooksAtTheFirstSequenceOnly) {
  EXPECT_EQ(Utf8SequenceLength("\xC3\xBC\xFF"), 2);
}

TEST(Utf8Test, FindsABadByteWhereverItStands) {
  const std::string good = "plain letters, Grüße, 漢字 and 🚀, long enough for whole words";
  EXPECT_TRUE(IsUtf8(good));
  EXPECT_TRUE(IsUtf8(""));
  for (size_t i = 0; i <= good.size(); ++i) {
    std::string bad = good;
    bad.insert(i, 1, '\xFF');
    EXPECT_FALSE(IsUtf8(bad)) << i;
  }
}

TEST(Utf8, IsCutBetweenCharacters) {
  EXPECT_EQ(CutUtf8("abc", 3), "abc");
  EXPECT_EQ(CutUtf8("abc", 2), "ab");
  EXPECT_EQ(CutUtf8("a\xc3\xa9"
                    "b",
                    2),
            "a");
  EXPECT_EQ(CutUtf8("a\xc3\xa9"
                    "b",
                    3),
            "a\xc3\xa9");
  EXPECT_EQ(CutUtf8("\xe2\x82\xac", 2), "");
}

}  // namespace
}  // namespace trireme
