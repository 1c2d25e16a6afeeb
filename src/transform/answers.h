// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "transform/class_names.h"

namespace trireme::transform {

// A model's outputs for one row as the JSON that TorchServe's default handlers answer, byte for byte: two blanks of
// indentation, floats as Python writes them. Thread-safe.
//
// A softmax is computed in 64 bits and rounded to 32: PyTorch's own, in 32, differs from it in the last digits.
//
// kInvalidArgument: for these inputs the model gave a value that is no number, which JSON cannot say; the message says
// where. kTooLarge: it would be longer than `most_bytes`: clients choose the sizes of what they send, and so those of
// some answers. kInternal: the model gave no scores, or not as many as its shapes say.

// Of all answers to one request together, if nothing else is said.
inline constexpr size_t kMostAnswerBytes = size_t{256} << 20;

struct TopClasses {
  size_t count = 5;  // or as many as there are
  bool softmax = true;
};

// image_classifier, text_classifier: {"tabby": 0.6, "tiger cat": 0.3}, the most probable first; of equals the lower
// index first. Names are told apart as MemberNames says.
Result<std::string> TopClassesJson(std::span<const float> scores, const TopClasses& wish, const ClassNames& names,
                                   size_t most_bytes = kMostAnswerBytes);

struct Detections {
  std::span<const float> boxes;  // four of each: left, top, right, bottom
  std::span<const float> scores;
  std::span<const int64_t> classes;
};

// object_detector: [{"cat": [x1, y1, x2, y2], "score": 0.9}] of those whose score is the threshold or above, in
// the model's order. kInternal also if the three are of different lengths.
Result<std::string> DetectionsJson(const Detections& found, float threshold, const ClassNames& names,
                                   size_t most_bytes = kMostAnswerBytes);

struct ClassScores {
  std::span<const float> values;  // class by class, each row by row
  int64_t classes = 0;
  int64_t height = 0;
  int64_t width = 0;
};

// image_segmenter: rows of pixels of [class, probability], the class as a float; of equals the lower class. Takes about
// 60 bytes a pixel. kInternal also if there are not as many values as the sizes say.
Result<std::string> SegmentationJson(const ClassScores& scores, size_t most_bytes = kMostAnswerBytes);

// How long that gets at most.
size_t SegmentationBytes(int64_t height, int64_t width);

}  // namespace trireme::transform
