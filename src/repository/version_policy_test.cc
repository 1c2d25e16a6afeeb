// SPDX-License-Identifier: Apache-2.0
#include "repository/version_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kThere[] = {1, 2, 5, 9};

TEST(ChooseVersions, ServesTheNewestWhereNothingIsSaid) {
  const ChosenVersions chosen = ChooseVersions({}, kThere);
  EXPECT_THAT(chosen.served, ElementsAre(9));
  EXPECT_THAT(chosen.not_served, ElementsAre(1, 2, 5));
  EXPECT_THAT(chosen.missing, IsEmpty());
}

TEST(ChooseVersions, ServesSoManyOfTheNewest) {
  EXPECT_THAT(ChooseVersions({.latest = 2}, kThere).served, ElementsAre(5, 9));
  EXPECT_THAT(ChooseVersions({.latest = 100}, kThere).served, ElementsAre(1, 2, 5, 9));
  EXPECT_THAT(ChooseVersions({.latest = 100}, {}).served, IsEmpty());
}

TEST(ChooseVersions, ServesAll) {
  const ChosenVersions chosen = ChooseVersions({.kind = VersionPolicy::Kind::kAll}, kThere);
  EXPECT_THAT(chosen.served, ElementsAre(1, 2, 5, 9));
  EXPECT_THAT(chosen.not_served, IsEmpty());
}

TEST(ChooseVersions, ServesThoseThatAreNamedAndSaysWhichAreMissing) {
  const ChosenVersions chosen =
      ChooseVersions({.kind = VersionPolicy::Kind::kSpecific, .versions = {9, 7, 2, 7, 3}}, kThere);
  EXPECT_THAT(chosen.served, ElementsAre(2, 9));
  EXPECT_THAT(chosen.not_served, ElementsAre(1, 5));
  EXPECT_THAT(chosen.missing, ElementsAre(3, 7));
}

}  // namespace
}  // namespace trireme
