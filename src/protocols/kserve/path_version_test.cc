// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/path_version.h"

#include <gtest/gtest.h>

namespace trireme::kserve {
namespace {

TEST(ParsePathVersion, ReadsDigits) {
  EXPECT_EQ(*ParsePathVersion(""), std::nullopt);
  EXPECT_EQ(*ParsePathVersion("12"), 12);
  EXPECT_EQ(*ParsePathVersion("9223372036854775807"), 9223372036854775807);
}

TEST(ParsePathVersion, DoesNotWrapWhatIsTooLarge) {
  EXPECT_EQ(ParsePathVersion("9223372036854775808").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ParsePathVersion("99999999999999999999").status().code(), StatusCode::kNotFound);
}

TEST(ParseMessageVersion, TakesWholeNumbersAboveZero) {
  EXPECT_EQ(*ParseMessageVersion(""), std::nullopt);
  EXPECT_EQ(*ParseMessageVersion("3"), 3);
  EXPECT_EQ(*ParseMessageVersion("9223372036854775807"), 9223372036854775807);
  for (const char* text : {"0", "-1", "+1", " 1", "1 ", "1.0", "one", "9223372036854775808"}) {
    EXPECT_EQ(ParseMessageVersion(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace trireme::kserve
