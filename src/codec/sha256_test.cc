// SPDX-License-Identifier: Apache-2.0
#include "codec/sha256.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

// FIPS 180-2, appendix B.1.
constexpr const char* kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, IsTheStandards) {
  EXPECT_EQ(ToHex(Sha256("abc")), kOfAbc);
  EXPECT_EQ(ToHex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, IsTheSameOfBytesInPieces) {
  Sha256Stream stream;
  stream.Add("a");
  stream.Add("");
  stream.Add("bc");
  EXPECT_EQ(ToHex(stream.Finish()), kOfAbc);
  EXPECT_EQ(Sha256Stream().Finish(), Sha256(""));
}

TEST(Sha256, IsReadInEitherCaseAndNoOtherForm) {
  EXPECT_EQ(DigestFromHex(kOfAbc), Sha256("abc"));
  EXPECT_EQ(DigestFromHex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"), Sha256("abc"));
  EXPECT_FALSE(DigestFromHex("").has_value());
  EXPECT_FALSE(DigestFromHex(std::string(63, 'a')).has_value());
  EXPECT_FALSE(DigestFromHex(std::string(65, 'a')).has_value());
  EXPECT_FALSE(DigestFromHex(std::string(63, 'a') + "g").has_value());
}

TEST(Sha256, IsComparedWhole) {
  Digest other = Sha256("abc");
  EXPECT_TRUE(AreEqual(other, Sha256("abc")));
  other.back() ^= 1;
  EXPECT_FALSE(AreEqual(other, Sha256("abc")));
}

}  // namespace
}  // namespace trireme
