// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "backend/testing/decoupled_contract.h"
#include "backends/repeat/repeat_model.h"

namespace trireme {
namespace {

struct RepeatSubject {
  static std::unique_ptr<OpenModel> Make(MemoryPool& pool) {
    const Signature signature{
        .inputs = {{.name = "IN", .type = DataType::kUint8, .shape = {Shape::kAny}}},
        .outputs = {{.name = "OUT", .type = DataType::kUint8, .shape = {1}}},
    };
    const repeat::Pause pause{.clock = Clock::System(), .sleep = [](Duration) { std::this_thread::yield(); }};
    return std::make_unique<repeat::RepeatModel>(signature, repeat::FindPlaces(signature).value(), pool, pause);
  }
  static std::vector<Tensor> Inputs(MemoryPool& pool, int responses) {
    return {MakeTensor(pool, DataType::kUint8, {responses})};
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Repeat, DecoupledContract, RepeatSubject);

}  // namespace
}  // namespace trireme
