// SPDX-License-Identifier: Apache-2.0
#include "model/signature.h"

#include <gtest/gtest.h>

#include "model/model_id.h"

namespace trireme {
namespace {

TEST(SignatureTest, FindsASpecByItsExactName) {
  const std::vector<TensorSpec> specs = {{.name = "x", .shape = {}}, {.name = "xy", .shape = {}}};
  EXPECT_EQ(FindSpec(specs, "x"), 0);
  EXPECT_EQ(FindSpec(specs, "xy"), 1);
  EXPECT_EQ(FindSpec(specs, "X"), -1);
  EXPECT_EQ(FindSpec(specs, ""), -1);
  EXPECT_EQ(FindSpec({}, "x"), -1);
}

TEST(ModelIdTest, ReadsAsNameAndVersionAndSortsByThem) {
  EXPECT_EQ((ModelId{.name = "resnet50", .version = 2}.text()), "resnet50/2");
  EXPECT_LT((ModelId{.name = "a", .version = 9}), (ModelId{.name = "b", .version = 1}));
  EXPECT_LT((ModelId{.name = "a", .version = 9}), (ModelId{.name = "a", .version = 10}));
}

}  // namespace
}  // namespace trireme
