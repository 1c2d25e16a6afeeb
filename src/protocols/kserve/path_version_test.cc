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

}  // namespace
}  // namespace trireme::kserve
