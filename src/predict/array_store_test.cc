// SPDX-License-Identifier: Apache-2.0
#include "predict/array_store.h"

#include <gtest/gtest.h>

#include "wire/sagemaker/npy_header.h"

namespace trireme::predict {
namespace {

TEST(NpyHeadFor, IsAlwaysOfTheSameSize) {
  for (const int64_t rows : {int64_t{0}, int64_t{123456789012345}}) {
    const auto head = NpyHeadFor(DataType::kFp32, Shape({3, 4}), rows);
    ASSERT_TRUE(head.ok()) << head.status();
    EXPECT_EQ(head->size(), kNpyHeadBytes);
    const auto read = sagemaker::ReadNpyHead(std::as_bytes(std::span(*head)));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->shape, Shape({rows, 3, 4}));
    EXPECT_EQ(read->type, DataType::kFp32);
    EXPECT_EQ(read->bytes, kNpyHeadBytes);
  }
}

TEST(NpyHeadFor, RefusesWhatNumpyDoesNotHave) {
  EXPECT_EQ(NpyHeadFor(DataType::kBytes, Shape(), 1).status().code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace trireme::predict
