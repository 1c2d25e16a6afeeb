// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/backend.h"

namespace trireme {

// What a run of a decoupled model gave, for tests of backends. Nobody wants more than `most`.
class RecordedResponses final : public ResponseStream {
 public:
  explicit RecordedResponses(size_t most = SIZE_MAX) : most_(most) {}

  bool Send(std::vector<Tensor> outputs) override {
    responses.push_back(std::move(outputs));
    return Wanted();
  }
  bool Wanted() override { return responses.size() < most_; }

  std::vector<std::vector<Tensor>> responses;

 private:
  const size_t most_;
};

}  // namespace trireme
