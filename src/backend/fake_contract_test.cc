// SPDX-License-Identifier: Apache-2.0
// What other parts are tested with keeps the rules too.
#include "backend/testing/decoupled_contract.h"
#include "backend/testing/fake_backend.h"

namespace trireme {
namespace {

struct FakeSubject {
  static std::unique_ptr<OpenModel> Make(MemoryPool& /*pool*/) {
    return MakeFakeModel(std::make_shared<FakeScript>(), {.decoupled = true});
  }
  static std::vector<Tensor> Inputs(MemoryPool& pool, int responses) {
    return {MakeTensor(pool, DataType::kFp32, {responses, 4})};
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, DecoupledContract, FakeSubject);

// Of a model that gives one response.
TEST(RunForResponses, SendsTheOneResponseOfOtherModels) {
  MemoryPool pool;
  const auto model = MakeFakeModel(std::make_shared<FakeScript>());
  const std::vector<Tensor> inputs = {MakeTensor(pool, DataType::kFp32, {2, 4})};
  const int wanted[] = {0};
  RecordedResponses got;
  EXPECT_TRUE(RunForResponses(*model, inputs, wanted, {}, got).ok());
  ASSERT_EQ(got.responses.size(), 1U);
  EXPECT_EQ(got.responses[0][0].shape, (Shape{2, 4}));
}

TEST(FakeModel, TellsWithHowManyThreadsItWasRun) {
  MemoryPool pool;
  const auto script = std::make_shared<FakeScript>();
  auto model = MakeFakeModel(script);
  const auto wide = model->WithThreads(4);
  ASSERT_TRUE(wide.ok()) << wide.status();
  const std::vector<Tensor> inputs = {MakeTensor(pool, DataType::kFp32, {2, 4})};
  const int wanted[] = {0};
  EXPECT_TRUE(model->Run(inputs, wanted, {}).ok());
  EXPECT_TRUE((*wide)->Run(inputs, wanted, {}).ok());
  EXPECT_EQ(script->run_threads(), (std::vector<int>{1, 4}));
  EXPECT_EQ((*wide)->memory_use().total(), 0U);
  model.reset();
  EXPECT_EQ(script->open_models(), 1);
}

TEST(FakeModel, HasNoOtherThreadsIfItKeepsStateOrIsToldSo) {
  const auto script = std::make_shared<FakeScript>();
  const FakeOptions refusing[] = {{.keeps_state = true}, {.takes_other_threads = false}};
  for (const FakeOptions& options : refusing) {
    EXPECT_EQ(MakeFakeModel(script, options)->WithThreads(2).status().code(), StatusCode::kUnsupported);
  }
}

}  // namespace
}  // namespace trireme
