// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/shape_warmup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/testing/fake_backend.h"

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ShapeWarmupTest : public testing::Test {
 protected:
  ShapeWarmup Warm(const std::vector<InputShapes>& shapes, const Signature& signature = FakeSignature()) {
    return WarmUpShapes(*model_, signature, shapes, /*tried=*/{{1, 4}}, pool_, [this] { return enough_; });
  }

  const std::shared_ptr<FakeScript> script_ = std::make_shared<FakeScript>();  // shared with the model
  const std::unique_ptr<OpenModel> model_ = MakeFakeModel(script_);
  MemoryPool pool_;
  bool enough_ = false;
};

TEST_F(ShapeWarmupTest, RunsEachOnceButThatOfTheTrial) {
  const ShapeWarmup warmup = Warm({{{8, 4}}, {{1, 4}}, {{3, 4}}});
  EXPECT_THAT(script_->runs(), ElementsAre(8, 3));
  EXPECT_EQ(warmup.warm, 3);
  EXPECT_EQ(warmup.failed, 0);
  EXPECT_TRUE(warmup.is_done);
}

TEST_F(ShapeWarmupTest, PassesOverWhatDoesNotFit) {
  const ShapeWarmup warmup = Warm({{{2, 5}}, {{2}}, {{2, 4}, {2, 4}}, {}, {{int64_t{1} << 26, 4}}});
  EXPECT_THAT(script_->runs(), IsEmpty());
  EXPECT_EQ(warmup.warm, 0);
  EXPECT_EQ(warmup.failed, 0);
}

TEST_F(ShapeWarmupTest, SaysWhatFailedAndGoesOn) {
  script_->FailWhen([](int64_t rows) { return rows > 2 ? InvalidArgument("no index 1") : Status(); });
  const ShapeWarmup warmup = Warm({{{8, 4}}, {{4, 4}}, {{2, 4}}});
  EXPECT_EQ(warmup.warm, 1);
  EXPECT_EQ(warmup.failed, 2);
  EXPECT_EQ(warmup.why, "[8,4]: no index 1");
}

TEST_F(ShapeWarmupTest, EndsWhenItIsEnough) {
  enough_ = true;
  const ShapeWarmup warmup = Warm({{{1, 4}}, {{8, 4}}});
  EXPECT_THAT(script_->runs(), IsEmpty());
  EXPECT_EQ(warmup.warm, 1);
  EXPECT_FALSE(warmup.is_done);
}

TEST_F(ShapeWarmupTest, LeavesOutWhatRequestsLeftOut) {
  Signature signature = FakeSignature();
  signature.inputs.push_back({.name = "z", .type = DataType::kFp32, .shape = {Shape::kAny}, .optional = true});
  EXPECT_EQ(Warm({{{2, 4}, {}}, {{3, 4}, {3}}}, signature).warm, 2);
  signature.inputs[1].optional = false;
  EXPECT_EQ(Warm({{{2, 4}, {}}, {{3, 4}, {3}}}, signature).warm, 1);
}

}  // namespace
}  // namespace trireme
