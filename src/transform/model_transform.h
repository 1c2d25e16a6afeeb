// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/labels.h"
#include "model/signature.h"
#include "transform/answers.h"
#include "transform/class_names.h"
#include "transform/image_steps.h"

namespace trireme::transform {

// What the values of a picture become (ImageSteps).
struct ValueScale {
  // Means and deviations that have a name. It stands for numbers in the order of the model's channels, and for as many
  // as it has, once that is known.
  enum class Known : uint8_t { kNone, kImagenet, kMinusOneToOne };

  Known known = Known::kNone;
  bool divide_by_255 = true;
  // Of kNone; in the order of the model's channels.
  std::vector<float> mean;
  std::vector<float> deviation;
};

// How somebody wants pictures made into a model's input. What is not said follows from the model's shape.
struct ImageWish {
  std::string input;  // empty: the only one that may be a picture
  std::optional<ImageSteps::ResizeTo> resize;
  int64_t side = 0;  // of kShorterSide and kLongestSide
  ImageSize size;    // of kExact
  std::optional<ImageSize> crop;
  bool no_crop = false;  // somebody said that nothing may be cut off
  std::optional<ColourOrder> order;
  std::optional<Layout> layout;
  std::optional<Filter> filter;
  uint8_t filling = 0;
  bool decode_in_full = false;
  std::optional<ValueScale> scale;  // nothing: nobody said, which only whole numbers from 0 to 255 do without
};

// What a model's outputs are made into.
enum class AnswerKind : uint8_t {
  kClasses,       // {"tabby": 0.6, ...}, the most probable first
  kDetections,    // [{"cat": [x1, y1, x2, y2], "score": 0.9}, ...]
  kSegmentation,  // [[[class, probability], ...], ...]
};

// "classes"
std::string_view Name(AnswerKind kind);

struct AnswerWish {
  AnswerKind kind = AnswerKind::kClasses;
  std::string output;                  // of kClasses and kSegmentation; empty: the only one that can be meant
  std::string boxes, scores, classes;  // of kDetections; empty: "boxes", "scores", "labels"
  size_t top = 5;                      // of kClasses
  std::optional<bool> softmax;         // of kClasses; nothing: of what is no probabilities already
  float threshold = 0.5F;              // of kDetections
  std::string names_file;              // in the model's folder; empty: the output's labels, or indexes
  std::optional<ClassNames> names;     // what that has
};

// Of one model; either may be missing.
struct TransformWish {
  std::string said_by;  // in messages: who wishes it, if that is no trireme.yaml
  std::optional<ImageWish> image;
  std::optional<AnswerWish> answer;
};

// The same once it is known what the model takes and gives.
struct ModelTransform {
  struct Picture {
    size_t input = 0;  // in the signature
    ImageSteps steps;
    bool has_rows = true;  // one picture a row; else one a request

    bool operator==(const Picture&) const = default;
  };
  struct Answer {
    AnswerKind kind = AnswerKind::kClasses;
    std::vector<std::string> outputs;  // that it is made of: one, or boxes, scores and classes
    bool has_rows = true;
    size_t top = 5;
    std::optional<bool> softmax;
    float threshold = 0.5F;
    ClassNames names;

    // What it is called among the outputs that a client may ask for.
    std::string name() const { return std::string(Name(kind)); }
  };
  std::optional<Picture> picture;
  std::optional<Answer> answer;
};

// Lays a wish over what a model takes and gives; `labels` are of its outputs. kInvalidArgument names the field
// ("transform.image.layout"), what was expected and what was found. A pure function.
Result<ModelTransform> FitTransform(const TransformWish& wish, const Signature& signature, const ModelLabels& labels);

// What is offered without a wish: answers of the one output that has as many labels as classes; and pictures, if the
// one input takes them as they are decoded (UINT8, three channels), so that nothing has to be guessed.
ModelTransform OfferedTransform(const Signature& signature, const ModelLabels& labels);

}  // namespace trireme::transform
