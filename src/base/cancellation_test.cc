// SPDX-License-Identifier: Apache-2.0
#include "base/cancellation.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

TEST(CancellationTest, CopiesShareTheFlag) {
  const Cancellation connection = Cancellation::Make();
  const Cancellation request = connection;
  EXPECT_FALSE(request.cancelled());
  connection.Cancel();
  EXPECT_TRUE(request.cancelled());
}

TEST(CancellationTest, ADefaultOneIsNeverCancelled) {
  const Cancellation none;
  none.Cancel();
  EXPECT_FALSE(none.cancelled());
}

}  // namespace
}  // namespace trireme
