// SPDX-License-Identifier: Apache-2.0
#include "model/parameters.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

TEST(ParametersTest, AreFoundByName) {
  const Parameters parameters = {{"priority", uint64_t{2}}, {"timeout", int64_t{-1}}, {"label", std::string("x")}};
  ASSERT_NE(FindParameter(parameters, "timeout"), nullptr);
  EXPECT_EQ(*FindParameter(parameters, "timeout"), ParameterValue(int64_t{-1}));
  EXPECT_EQ(*FindParameter(parameters, "label"), ParameterValue(std::string("x")));
}

TEST(ParametersTest, ThatAreNotThereAreNotFound) {
  EXPECT_EQ(FindParameter({}, "a"), nullptr);
  EXPECT_EQ(FindParameter({{"ab", true}}, "a"), nullptr);
  EXPECT_EQ(FindParameter({{"a", true}}, "A"), nullptr);
}

TEST(ParametersTest, TheFirstOfANameCounts) {
  const Parameters parameters = {{"a", int64_t{1}}, {"a", int64_t{2}}};
  EXPECT_EQ(*FindParameter(parameters, "a"), ParameterValue(int64_t{1}));
}

}  // namespace
}  // namespace trireme
