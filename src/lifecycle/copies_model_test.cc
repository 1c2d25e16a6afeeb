// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/copies_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "backend/testing/fake_backend.h"

namespace trireme {
namespace {

using testing::SizeIs;

class CopiesModelTest : public testing::Test {
 protected:
  std::unique_ptr<OpenModel> Make(const std::vector<size_t>& copies) {
    std::vector<std::unique_ptr<OpenModel>> models;
    models.push_back(MakeFakeModel(first_));
    models.push_back(MakeFakeModel(second_, {.may_change = false}));
    return MakeCopiesModel(std::move(models), copies);
  }
  Result<std::vector<Tensor>> Run(OpenModel& model) {
    const std::vector<Tensor> inputs = {MakeTensor(pool_, DataType::kFp32, {1, 4})};
    return model.Run(inputs, std::vector<int>{0}, {});
  }

  MemoryPool pool_;
  std::shared_ptr<FakeScript> first_ = std::make_shared<FakeScript>();   // shared with the models
  std::shared_ptr<FakeScript> second_ = std::make_shared<FakeScript>();  // the same
};

TEST_F(CopiesModelTest, TakesTurns) {
  const auto model = Make({0, 1});
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(Run(*model).ok());
  EXPECT_THAT(first_->runs(), SizeIs(3));
  EXPECT_THAT(second_->runs(), SizeIs(3));
}

TEST_F(CopiesModelTest, RunsWhereFewestAreInFlight) {
  const auto model = Make({0, 1});
  first_->Hold();
  std::thread held([&] { EXPECT_TRUE(Run(*model).ok()); });
  first_->WaitUntilHeld(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Run(*model).ok());
  EXPECT_THAT(second_->runs(), SizeIs(3));
  first_->Release();
  held.join();
  EXPECT_THAT(first_->runs(), SizeIs(1));
}

TEST_F(CopiesModelTest, GivesMoreWorkToADeviceWithMoreCopies) {
  const auto model = Make({0, 1, 0});
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(Run(*model).ok());
  EXPECT_THAT(first_->runs(), SizeIs(4));
  EXPECT_THAT(second_->runs(), SizeIs(2));
}

TEST_F(CopiesModelTest, PromisesWhatAllPromise) {
  EXPECT_FALSE(Make({0, 1})->signature().inputs[0].may_change);
  EXPECT_EQ(Make({0, 1})->memory_use().total(), 2000U);
}

TEST_F(CopiesModelTest, WhatIsTriedIsTriedOnEach) {
  const auto model = MakeEveryCopyModel({MakeFakeModel(first_), MakeFakeModel(second_)});
  EXPECT_TRUE(Run(*model).ok());
  EXPECT_THAT(first_->runs(), SizeIs(1));
  EXPECT_THAT(second_->runs(), SizeIs(1));
  second_->FailWhen([](int64_t) { return Internal("out of luck"); });
  EXPECT_EQ(Run(*model).status().message(), "out of luck");
}

TEST_F(CopiesModelTest, LeavesASingleModelAsItIs) {
  std::vector<std::unique_ptr<OpenModel>> models;
  models.push_back(MakeFakeModel(first_));
  OpenModel* const only = models.front().get();
  EXPECT_EQ(MakeCopiesModel(std::move(models), {0, 0}).get(), only);
}

TEST_F(CopiesModelTest, HasOtherThreadsWhereThereIsOneCopy) {
  EXPECT_EQ(Make({0, 1})->WithThreads(2).status().code(), StatusCode::kUnsupported);
  std::vector<std::unique_ptr<OpenModel>> one;
  one.push_back(MakeFakeModel(first_));
  const auto wide = MakeCopiesModel(std::move(one), {0})->WithThreads(2);
  ASSERT_TRUE(wide.ok()) << wide.status();
  EXPECT_TRUE(Run(**wide).ok());
  EXPECT_THAT(first_->run_threads(), testing::ElementsAre(2));
}

}  // namespace
}  // namespace trireme
