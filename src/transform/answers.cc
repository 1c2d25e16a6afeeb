// SPDX-License-Identifier: Apache-2.0
#include "transform/answers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "transform/python_json.h"

namespace trireme::transform {
namespace {

Status NoNumber(std::string_view what, size_t index, float value) {
  const std::string_view found = std::isnan(value) ? "NaN" : value > 0 ? "infinity" : "minus infinity";
  return InvalidArgument("the model gave no number for these inputs: " + std::string(what) + " " +
                         std::to_string(index) + " is " + std::string(found));
}

Status CheckFinite(std::span<const float> values, std::string_view what) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) return NoNumber(what, i, values[i]);
  }
  return {};
}

// A class that is ruled out has minus infinity, which is probability 0; but there must be another.
Status CheckForSoftmax(std::span<const float> values) {
  bool has_finite = false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i]) || values[i] == std::numeric_limits<float>::infinity()) {
      return NoNumber("score", i, values[i]);
    }
    has_finite |= std::isfinite(values[i]);
  }
  if (!has_finite) return InvalidArgument("the model gave no score that is a number for these inputs");
  return {};
}

Result<std::vector<float>> Probabilities(std::span<const float> scores) {
  RETURN_IF_ERROR(CheckForSoftmax(scores));
  const double greatest = *std::ranges::max_element(scores);
  double sum = 0;
  for (const float score : scores) sum += std::exp(score - greatest);
  std::vector<float> probabilities;
  probabilities.reserve(scores.size());
  for (const float score : scores) probabilities.push_back(static_cast<float>(std::exp(score - greatest) / sum));
  return probabilities;
}

Status TooLong(size_t most_bytes, size_t found) {
  return TooLarge("expected outputs of which an answer of at most " + std::to_string(most_bytes) +
                  " bytes can be made, found such that it has " + std::to_string(found) + " or more");
}

std::vector<int64_t> TopIndices(std::span<const float> values, size_t count) {
  std::vector<int64_t> indices(values.size());
  std::iota(indices.begin(), indices.end(), 0);
  count = std::min(count, indices.size());
  const auto value = [&](int64_t i) { return values[static_cast<size_t>(i)]; };
  std::partial_sort(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(count), indices.end(),
                    [&](int64_t a, int64_t b) { return std::pair(-value(a), a) < std::pair(-value(b), b); });
  indices.resize(count);
  return indices;
}

}  // namespace

Result<std::string> TopClassesJson(std::span<const float> scores, const TopClasses& wish, const ClassNames& names,
                                   size_t most_bytes) {
  if (scores.empty()) return Internal("the model gave no scores");
  std::vector<float> probabilities;
  if (wish.softmax) {
    ASSIGN_OR_RETURN(probabilities, Probabilities(scores));
    scores = probabilities;
  } else {
    RETURN_IF_ERROR(CheckFinite(scores, "score"));
  }
  MemberNames members(names);
  std::string json = "{";
  for (const int64_t index : TopIndices(scores, wish.count)) {
    json += json.size() > 1 ? ",\n  " : "\n  ";
    AppendPythonString(json, members.Take(index));
    json += ": ";
    AppendPythonFloat(json, scores[static_cast<size_t>(index)]);
    if (json.size() > most_bytes) return TooLong(most_bytes, json.size());
  }
  return json + (json.size() > 1 ? "\n}" : "}");
}

Result<std::string> DetectionsJson(const Detections& found, float threshold, const ClassNames& names,
                                   size_t most_bytes) {
  const size_t count = found.scores.size();
  if (found.boxes.size() != 4 * count || found.classes.size() != count) {
    return Internal("expected as many boxes and classes as scores, found " + std::to_string(found.boxes.size() / 4) +
                    " boxes, " + std::to_string(found.classes.size()) + " classes and " + std::to_string(count) +
                    " scores");
  }
  RETURN_IF_ERROR(CheckFinite(found.scores, "score"));
  RETURN_IF_ERROR(CheckFinite(found.boxes, "corner"));
  std::string json = "[";
  for (size_t i = 0; i < count; ++i) {
    if (found.scores[i] < threshold) continue;
    MemberNames members(names);
    members.Reserve("score");
    json += json.size() > 1 ? ",\n  {\n    " : "\n  {\n    ";
    AppendPythonString(json, members.Take(found.classes[i]));
    json += ": [";
    for (size_t corner = 0; corner < 4; ++corner) {
      json += corner > 0 ? ",\n      " : "\n      ";
      AppendPythonFloat(json, found.boxes[4 * i + corner]);
    }
    json += "\n    ],\n    \"score\": ";
    AppendPythonFloat(json, found.scores[i]);
    json += "\n  }";
    if (json.size() > most_bytes) return TooLong(most_bytes, json.size());
  }
  return json + (json.size() > 1 ? "\n]" : "]");
}

namespace {

struct BestClass {
  size_t index = 0;
  float probability = 0;
};

// Of the scores `step` apart, one a class.
BestClass FindBest(const float* scores, size_t classes, size_t step) {
  BestClass best;
  for (size_t c = 1; c < classes; ++c) {
    if (scores[c * step] > scores[best.index * step]) best.index = c;
  }
  double sum = 0;
  const double greatest = scores[best.index * step];
  for (size_t c = 0; c < classes; ++c) sum += std::exp(scores[c * step] - greatest);
  best.probability = static_cast<float>(1 / sum);
  return best;
}

void AppendPixel(std::string& json, const BestClass& best) {
  json += "\n    [\n      ";
  AppendPythonFloat(json, static_cast<double>(best.index));
  json += ",\n      ";
  AppendPythonFloat(json, best.probability);
  json += "\n    ]";
}

}  // namespace

size_t SegmentationBytes(int64_t height, int64_t width) {
  constexpr size_t kPixelBytes = 60;  // a class below 1e9 as a float, the longest probability, indentation
  constexpr size_t kRowBytes = 12;
  return static_cast<size_t>(height) * (static_cast<size_t>(width) * kPixelBytes + kRowBytes) + kRowBytes;
}

Result<std::string> SegmentationJson(const ClassScores& scores, size_t most_bytes) {
  const auto classes = static_cast<size_t>(scores.classes);
  const auto width = static_cast<size_t>(scores.width);
  const auto height = static_cast<size_t>(scores.height);
  if (scores.classes < 1 || scores.width < 1 || scores.height < 1 || scores.values.size() / classes / width != height ||
      scores.values.size() % (classes * width) != 0) {
    return Internal("expected scores of at least one class and pixel, found " + std::to_string(scores.values.size()) +
                    " of " + std::to_string(scores.classes) + " classes of " + std::to_string(scores.width) + "x" +
                    std::to_string(scores.height) + " pixels");
  }
  const size_t longest = SegmentationBytes(scores.height, scores.width);
  if (longest > most_bytes) return TooLong(most_bytes, longest);
  RETURN_IF_ERROR(CheckFinite(scores.values, "score"));
  std::string json = "[";
  json.reserve(longest);
  for (size_t y = 0; y < height; ++y) {
    json += y > 0 ? ",\n  [" : "\n  [";
    for (size_t x = 0; x < width; ++x) {
      if (x > 0) json += ',';
      AppendPixel(json, FindBest(scores.values.data() + y * width + x, classes, width * height));
    }
    json += "\n  ]";
  }
  return json + "\n]";
}

}  // namespace trireme::transform
