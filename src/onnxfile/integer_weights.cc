// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/integer_weights.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace trireme::onnxfile {
namespace {

// Calls `visit(element, channel)` for every weight in order.
template <typename Visit>
void ForEachWeight(const WeightMatrices& weights, Visit&& visit) {
  const int64_t channels = weights.channels_are_rows ? weights.rows : weights.columns;
  size_t element = 0;
  for (int64_t matrix = 0; matrix < weights.count; ++matrix) {
    for (int64_t row = 0; row < weights.rows; ++row) {
      for (int64_t column = 0; column < weights.columns; ++column, ++element) {
        const int64_t channel = weights.channels_are_rows ? row : column;
        visit(element, static_cast<size_t>(matrix * channels + channel));
      }
    }
  }
}

}  // namespace

std::optional<IntegerWeights> RoundWeights(const WeightMatrices& weights, int largest) {
  IntegerWeights rounded;
  const int64_t channels = weights.channels_are_rows ? weights.rows : weights.columns;
  std::vector<float>& scales = rounded.scales;
  scales.assign(static_cast<size_t>(weights.count * channels), 0);
  bool all_finite = true;
  ForEachWeight(weights, [&](size_t element, size_t channel) {
    const float magnitude = std::fabs(weights.elements[element]);
    all_finite &= magnitude <= std::numeric_limits<float>::max();
    scales[channel] = std::max(scales[channel], magnitude);
  });
  if (!all_finite) return std::nullopt;
  for (float& scale : scales) {
    scale /= static_cast<float>(largest);
    // Below the least normal number too few digits are left to divide by.
    if (scale < std::numeric_limits<float>::min()) scale = 1;
  }
  rounded.elements.resize(weights.elements.size());
  const auto bound = static_cast<float>(largest);
  ForEachWeight(weights, [&](size_t element, size_t channel) {
    const float steps = std::nearbyint(weights.elements[element] / scales[channel]);
    rounded.elements[element] = static_cast<char>(static_cast<int8_t>(std::clamp(steps, -bound, bound)));
  });
  return rounded;
}

std::string Transposed(const std::string& elements, int64_t count, int64_t rows, int64_t columns) {
  std::string swapped(elements.size(), '\0');
  size_t from = 0;
  for (int64_t matrix = 0; matrix < count; ++matrix) {
    const size_t begin = from;
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        swapped[begin + static_cast<size_t>(column * rows + row)] = elements[from++];
      }
    }
  }
  return swapped;
}

}  // namespace trireme::onnxfile
