// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "backend/backend.h"
#include "backend/testing/recorded_responses.h"
#include "base/memory_pool.h"

namespace trireme {

// Rules that every decoupled model keeps. A backend's test says
//
//   struct Subject {
//     static std::unique_ptr<OpenModel> Make(MemoryPool& pool);
//     // Of a request that has so many responses.
//     static std::vector<Tensor> Inputs(MemoryPool& pool, int responses);
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Repeat, DecoupledContract, Subject);
template <typename Subject>
class DecoupledContract : public testing::Test {
 protected:
  Status Run(int responses, ResponseStream& stream) {
    return model_->RunDecoupled(Subject::Inputs(pool_, responses), wanted_, stream);
  }

  MemoryPool pool_;
  const std::unique_ptr<OpenModel> model_ = Subject::Make(pool_);
  const std::vector<int> wanted_ = {0};
};

TYPED_TEST_SUITE_P(DecoupledContract);

TYPED_TEST_P(DecoupledContract, SaysThatItIsOne) {
  EXPECT_TRUE(this->model_->decoupled());
}

TYPED_TEST_P(DecoupledContract, GivesAnyNumberOfResponses) {
  for (const int count : {0, 1, 5}) {
    RecordedResponses got;
    ASSERT_TRUE(this->Run(count, got).ok());
    ASSERT_EQ(got.responses.size(), static_cast<size_t>(count));
    for (const std::vector<Tensor>& outputs : got.responses) EXPECT_EQ(outputs.size(), this->wanted_.size());
  }
}

TYPED_TEST_P(DecoupledContract, StopsWhenNobodyWantsMore) {
  for (const size_t most : {0, 1, 2}) {
    RecordedResponses got(most);
    EXPECT_TRUE(this->Run(5, got).ok()) << "that is for whoever takes the responses to judge";
    EXPECT_EQ(got.responses.size(), most);
  }
}

TYPED_TEST_P(DecoupledContract, RunsForManyThreadsAtOnce) {
  std::vector<std::thread> callers;
  std::vector<size_t> got(4, 0);
  for (size_t caller = 0; caller < got.size(); ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 50; ++i) {
        RecordedResponses responses;
        if (this->Run(static_cast<int>(caller), responses).ok()) got[caller] += responses.responses.size();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (size_t caller = 0; caller < got.size(); ++caller) EXPECT_EQ(got[caller], 50 * caller);
}

REGISTER_TYPED_TEST_SUITE_P(DecoupledContract, SaysThatItIsOne, GivesAnyNumberOfResponses, StopsWhenNobodyWantsMore,
                            RunsForManyThreadsAtOnce);

}  // namespace trireme
