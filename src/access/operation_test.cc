// SPDX-License-Identifier: Apache-2.0
#include "access/operation.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

TEST(Operation, EveryOneHasANameOfItsOwn) {
  EXPECT_EQ(Name(Operation::kProbe), "probe");
  EXPECT_EQ(Name(Operation::kMetadata), "metadata");
  EXPECT_EQ(Name(Operation::kInfer), "infer");
  EXPECT_EQ(Name(Operation::kSharedMemory), "shared-memory");
  EXPECT_EQ(Name(Operation::kMetrics), "metrics");
  EXPECT_EQ(Name(Operation::kModelControl), "model-control");
  EXPECT_EQ(Name(Operation::kServerControl), "server-control");
  EXPECT_EQ(Name(Operation::kKeyControl), "key-control");
}

TEST(Operation, AValueOutsideTheEnumIsNamedUnknown) {
  EXPECT_EQ(Name(static_cast<Operation>(99)), "unknown");
}

}  // namespace
}  // namespace trireme
