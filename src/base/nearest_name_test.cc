// SPDX-License-Identifier: Apache-2.0
#include "base/nearest_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace trireme {
namespace {

TEST(NearestName, FindsWhatWasMeant) {
  const std::vector<std::string> names = {"dims", "data_type", "name"};
  EXPECT_EQ(NearestName("dmis", names), "dims");
  EXPECT_EQ(NearestName("datatype", names), "data_type");
  EXPECT_EQ(DidYouMean("nam", names), "did you mean \"name\"?");
}

TEST(NearestName, FindsNothingWhereNothingIsNear) {
  const std::vector<std::string> names = {"dims", "data_type", "x"};
  EXPECT_EQ(NearestName("label_filename", names), std::nullopt);
  EXPECT_EQ(NearestName("y", names), std::nullopt);
  EXPECT_EQ(NearestName("", names), std::nullopt);
  EXPECT_EQ(DidYouMean("q", {}), "");
}

TEST(NearestName, DoesNotCompareWhatIsVeryLong) {
  const std::vector<std::string> names = {std::string(100000, 'a')};
  EXPECT_EQ(NearestName(std::string(100001, 'a'), names), std::nullopt);
}

}  // namespace
}  // namespace trireme
