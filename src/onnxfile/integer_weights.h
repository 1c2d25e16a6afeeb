// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace trireme::onnxfile {

// Matrices of FP32 weights, one behind the other, row by row.
struct WeightMatrices {
  std::span<const float> elements;  // count * rows * columns
  int64_t count = 1;
  int64_t rows = 0;
  int64_t columns = 0;
  bool channels_are_rows = false;  // else columns
};

// Weights as 8-bit integers: each is the integer times the scale of its channel.
struct IntegerWeights {
  std::string elements;       // int8, in the order of the weights
  std::vector<float> scales;  // by matrix, then by channel
};

// Rounds weights to integers from -`largest` to `largest` (at most 127), with a scale for each channel that makes its
// largest weight just that. A channel without any (or with none above the least normal number) is all zeros. Nothing if
// a weight is a NaN or an infinity.
std::optional<IntegerWeights> RoundWeights(const WeightMatrices& weights, int largest);

// The elements of each matrix with rows and columns swapped.
std::string Transposed(const std::string& elements, int64_t count, int64_t rows, int64_t columns);

}  // namespace trireme::onnxfile
