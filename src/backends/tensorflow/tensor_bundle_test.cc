// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/tensor_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace trireme::tensorflow {
namespace {

using ::testing::HasSubstr;

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

// As TensorFlow's ordered code has them: small numbers in one byte, -1 below zero, larger ones with their length in
// front.
TEST(SliceKey, IsTheCodeOfNameAndSlice) {
  EXPECT_EQ(SliceKey("w", "0,3"), Bytes({0, 'w', 0, 1, 1, 1, 0x80, 0x83}));
  EXPECT_EQ(SliceKey("w", "-:2,5"), Bytes({0, 'w', 0, 1, 1, 2, 0x80, 0x7f, 0x82, 0x85}));
  EXPECT_EQ(SliceKey("w", "63,64"), Bytes({0, 'w', 0, 1, 1, 1, 0xbf, 0xc0, 0x40}));
  EXPECT_EQ(SliceKey("w", "8191,8192"), Bytes({0, 'w', 0, 1, 1, 1, 0xdf, 0xff, 0xe0, 0x20, 0}));
  EXPECT_EQ(SliceKey(std::string("a\0\xff", 3), "0,1"), Bytes({0, 'a', 0, 0xff, 0xff, 0, 0, 1, 1, 1, 0x80, 0x81}));
}

TEST(SliceKey, IsNothingForOtherTexts) {
  for (const char* text : {"", "1", "1,", ",1", "0,3:", "a,b", "-1,2", "0,99999999999999999999"}) {
    EXPECT_EQ(SliceKey("w", text), std::nullopt) << text;
  }
}

TEST(ReadBundleIndex, RefusesOtherFiles) {
  EXPECT_THAT(ReadBundleIndex("").status().message(), HasSubstr("does not end as"));
  EXPECT_THAT(ReadBundleIndex(std::string(1000, 'x')).status().message(), HasSubstr("does not end as"));
  const std::string magic = Bytes({0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb});
  EXPECT_THAT(ReadBundleIndex(std::string(40, '\xff') + magic).status().message(), HasSubstr("footer"));
  EXPECT_THAT(ReadBundleIndex(Bytes({0, 0, 0x7f, 0x7f}) + std::string(36, '\0') + magic).status().message(),
              HasSubstr("the block at byte 127 has 127 bytes"));
}

TEST(TensorBundle, IsEmptyWithoutAnIndex) {
  const TensorBundle bundle = TensorBundle::Open("/nonexistent").value();
  EXPECT_EQ(bundle.Find("x"), nullptr);
  EXPECT_THAT(bundle.LiteralOf("x").status().message(), HasSubstr("no entry 'x'"));
}

}  // namespace
}  // namespace trireme::tensorflow
