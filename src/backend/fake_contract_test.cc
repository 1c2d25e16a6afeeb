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

}  // namespace
}  // namespace trireme
