// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "model/infer_response.h"
#include "model/model_id.h"
#include "model/parameters.h"

namespace trireme {

// An answer for whoever asks the same again: with a copy of the outputs, all in one block of just their size, so that
// it keeps nobody's batch, body or arena in memory. Immutable, shared by the cache and by answers on their way.
struct KeptAnswer {
  ModelId model;
  std::vector<NamedTensor> outputs;  // view the block
  Parameters parameters;

  // As it is given again, without stages: shares the block.
  InferResponse Response() const {
    return {.model = model, .outputs = outputs, .parameters = parameters, .stages = {}};
  }
};

// The bytes that a copy of it takes, its block's and its own; nothing if an output is in no memory that can be copied.
std::optional<size_t> BytesToKeep(const InferResponse& response);

// One that has bytes to keep.
std::shared_ptr<const KeptAnswer> Keep(const InferResponse& response);

}  // namespace trireme
