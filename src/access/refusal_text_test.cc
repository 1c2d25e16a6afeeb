// SPDX-License-Identifier: Apache-2.0
#include "access/refusal_text.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme {
namespace {

TEST(RefusalText, NamesTheRolesThatOpenIt) {
  EXPECT_EQ(RefusalText("ann", Operation::kMetadata, ""),
            "'ann' may not do this: it needs a key with the role infer or admin");
  EXPECT_EQ(RefusalText("ann", Operation::kMetrics, ""),
            "'ann' may not do this: it needs a key with the role metrics or admin");
  EXPECT_EQ(RefusalText("ann", Operation::kModelControl, "m"),
            "'ann' may not do this: it needs a key with the role admin, for model 'm'");
  EXPECT_EQ(RefusalText("ann", Operation::kServerControl, ""),
            "'ann' may not do this: it needs a key with the role admin and all models");
}

TEST(RefusalText, NamesTorchServesKeyToWhoShowsAnotherOfThem) {
  EXPECT_EQ(RefusalText(kInferenceTokenHolder, Operation::kModelControl, "m"),
            "'torchserve-inference' may not do this: it needs TorchServe's key for management, for model 'm'");
  EXPECT_EQ(RefusalText(kManagementTokenHolder, Operation::kInfer, ""),
            "'torchserve-management' may not do this: it needs TorchServe's key for inference");
  EXPECT_EQ(RefusalText(kInferenceTokenHolder, Operation::kMetadata, ""),
            "'torchserve-inference' may not do this: it needs TorchServe's key for management (on its port) or "
            "inference (on the others)");
}

TEST(RefusalText, RepeatsAPartOfALongName) {
  EXPECT_LT(RefusalText("ann", Operation::kInfer, std::string(100'000, 'x')).size(), 400U);
}

}  // namespace
}  // namespace trireme
