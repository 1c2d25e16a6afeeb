// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/path_version.h"

#include <gtest/gtest.h>

namespace trireme::kserve {
namespace {

TEST(ParsePathVersion, ReadsDigits) {
  EXPECT_EQ(*ParsePathVersion(""), VersionChoice());
  EXPECT_EQ(*ParsePathVersion("12"), VersionChoice(12));
  EXPECT_EQ(*ParsePathVersion("9223372036854775807"), VersionChoice(9223372036854775807));
}

TEST(ParsePathVersion, ReadsLabels) {
  EXPECT_EQ(*ParsePathVersion("stable"), VersionChoice::OfLabel("stable"));
}

TEST(ParsePathVersion, DoesNotWrapWhatIsTooLarge) {
  EXPECT_EQ(ParsePathVersion("9223372036854775808").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ParsePathVersion("99999999999999999999").status().code(), StatusCode::kNotFound);
}

TEST(ParseMessageVersion, TakesWholeNumbersAboveZero) {
  EXPECT_EQ(*ParseMessageVersion(""), VersionChoice());
  EXPECT_EQ(*ParseMessageVersion("3"), VersionChoice(3));
  EXPECT_EQ(*ParseMessageVersion("9223372036854775807"), VersionChoice(9223372036854775807));
  EXPECT_EQ(*ParseMessageVersion("canary"), VersionChoice::OfLabel("canary"));
  for (const char* text : {"0", "-1", "+1", " 1", "1 ", "1.0", "one two", "9223372036854775808"}) {
    EXPECT_EQ(ParseMessageVersion(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace trireme::kserve
