// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "backends/torch/results.h"
#include "base/status.h"
#include "model/signature.h"

namespace trireme::torch_backend {

// Which result of forward an output is.
struct ResultPlace {
  size_t index = 0;
  std::string key;  // of one that stands in a dict: it is found by that wherever it is
};

// Those of a config's outputs, one each: by name as soon as one of them is a key that forward gave, as the others then
// are meant as keys too; else by the number behind "__"; else in order. kInvalidArgument: an output is none of the
// results, or two are the same.
Result<std::vector<ResultPlace>> PlacesOf(std::span<const TensorSpec> declared,
                                          const std::vector<NamedResult>& results);

// The result that is there this time; null: there is none.
const NamedResult* FindResult(const ResultPlace& place, const std::vector<NamedResult>& results);

}  // namespace trireme::torch_backend
