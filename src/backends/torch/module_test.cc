// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/module.h"

#include <gtest/gtest.h>

namespace trireme::torch_backend {
namespace {

TEST(CastToHalf, LeavesWhatCountsOrTells) {
  torch::jit::Module inner("inner");
  inner.register_parameter("w", at::ones({2}), /*is_buffer=*/false);
  inner.register_buffer("mean", at::ones({2}, at::kDouble));
  inner.register_buffer("positions", at::full({1}, 4099, at::kLong));  // which FP16 does not have
  inner.register_buffer("mask", at::ones({1}, at::kBool));
  torch::jit::Module module("outer");
  module.register_module("inner", inner);
  CastToHalf(module);
  EXPECT_EQ(inner.attr("w").toTensor().scalar_type(), at::kHalf);
  EXPECT_EQ(inner.attr("mean").toTensor().scalar_type(), at::kHalf);
  EXPECT_EQ(inner.attr("positions").toTensor().scalar_type(), at::kLong);
  EXPECT_EQ(inner.attr("positions").toTensor().item<int64_t>(), 4099);
  EXPECT_EQ(inner.attr("mask").toTensor().scalar_type(), at::kBool);
}

}  // namespace
}  // namespace trireme::torch_backend
