// SPDX-License-Identifier: Apache-2.0
#include "access/authoriser.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

constexpr Operation kEveryOperation[] = {Operation::kProbe, Operation::kMetadata, Operation::kInfer,
                                         Operation::kMetrics, Operation::kModelControl};

TEST(AllowAll, LetsEverybodyDoEverything) {
  AllowAll authoriser;
  for (const Operation operation : kEveryOperation) {
    EXPECT_TRUE(authoriser.Authorise({}, operation, "").ok()) << Name(operation);
    EXPECT_TRUE(authoriser.Authorise({}, operation, "resnet").ok()) << Name(operation);
  }
}

TEST(AllowAll, BelievesNoCredentials) {
  AllowAll authoriser;
  const auto identity =
      authoriser.Authorise({.authorization = "Bearer root", .peer = "127.0.0.1"}, Operation::kInfer, "");
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->principal, "");
  EXPECT_EQ(identity->tenant, "");
}

}  // namespace
}  // namespace trireme
