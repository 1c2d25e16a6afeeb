// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme::bench {

// A model and how often it is asked, relative to the others.
struct ModelShare {
  std::string name;
  uint32_t weight = 1;

  bool operator==(const ModelShare&) const = default;
};

inline constexpr size_t kMaxModels = 256;

// Reads "a,b:3,c": names with commas between them, each with a weight behind ':' where it is not 1. Without a comma it
// is one name as it stands. Errors name what was expected.
Result<std::vector<ModelShare>> ParseModels(std::string_view text);

// Picks models at random. The same seed gives the same ones. Not thread-safe.
class ModelPicker {
 public:
  // `shares` has at least one, with a weight above 0.
  ModelPicker(const std::vector<ModelShare>& shares, uint64_t seed);

  // An index into the shares.
  size_t Next();

 private:
  std::vector<uint64_t> ends_;  // of each one's part of the numbers below the sum of the weights
  std::mt19937_64 random_;
};

}  // namespace trireme::bench
