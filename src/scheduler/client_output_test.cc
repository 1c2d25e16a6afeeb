// SPDX-License-Identifier: Apache-2.0
#include "scheduler/client_output.h"

#include <gtest/gtest.h>

#include "base/memory_pool.h"

namespace trireme {
namespace {

TEST(ClientOutput, IsBroughtToWhereItIsWanted) {
  MemoryPool pool;
  Tensor tensor = MakeTensor(pool, DataType::kFp32, {2});
  tensor.MutableAs<float>()[1] = 3;
  RequestedOutput wanted{.name = "y", .destination = Buffer::Take(pool, 12)};
  ASSERT_TRUE(Deliver(tensor, wanted).ok());
  EXPECT_EQ(tensor.data.data(), wanted.destination.data());
  EXPECT_EQ(tensor.data.size(), 8U);
  EXPECT_EQ(tensor.As<float>()[1], 3);
  wanted.destination = Buffer::Take(pool, 4);
  EXPECT_EQ(Deliver(tensor, wanted).code(), StatusCode::kInvalidArgument);
}

TEST(ClientOutput, MayHaveNoElements) {
  MemoryPool pool;
  Tensor tensor{.type = DataType::kFp32, .shape = {0}, .data = {}};
  const RequestedOutput wanted{.name = "y", .destination = Buffer::Take(pool, 16)};
  ASSERT_TRUE(Deliver(tensor, wanted).ok());  // nothing is copied from the null pointer that an empty buffer has
  EXPECT_TRUE(tensor.data.empty());
}

}  // namespace
}  // namespace trireme
