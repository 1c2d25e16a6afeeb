// SPDX-License-Identifier: Apache-2.0
#include "transform/model_answer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "codec/small_float.h"

namespace trireme::transform {
namespace {

// The elements of a tensor as 32-bit floats: views where they are, copies of other types.
class Floats {
 public:
  Floats(Floats&&) = default;
  Floats& operator=(Floats&&) = default;

  static Result<Floats> Of(const Tensor& tensor) {
    Floats floats;
    switch (tensor.type) {
      case DataType::kFp32:
        floats.view_ = tensor.As<float>();
        return floats;
      case DataType::kFp16:
        return Widened(tensor.As<uint16_t>(), WidenFp16);
      case DataType::kBf16:
        return Widened(tensor.As<uint16_t>(), WidenBf16);
      case DataType::kFp64:
        return Widened(tensor.As<double>(), [](double value) { return static_cast<float>(value); });
      default:
        return Internal("the model gave " + std::string(Name(tensor.type)) + " where an answer is made of floats");
    }
  }

  std::span<const float> values() const { return view_; }

 private:
  Floats() = default;

  template <typename T, typename Widen>
  static Floats Widened(std::span<const T> values, Widen widen) {
    Floats floats;
    floats.own_.reserve(values.size());
    for (const T value : values) floats.own_.push_back(widen(value));
    floats.view_ = floats.own_;
    return floats;
  }

  std::vector<float> own_;
  std::span<const float> view_;  // of own_ (a moved vector keeps its elements), or of the tensor
};

Result<std::vector<int64_t>> Indexes(const Tensor& tensor) {
  if (tensor.type == DataType::kInt64) {
    const auto values = tensor.As<int64_t>();
    return std::vector<int64_t>(values.begin(), values.end());
  }
  if (tensor.type == DataType::kInt32) {
    const auto values = tensor.As<int32_t>();
    return std::vector<int64_t>(values.begin(), values.end());
  }
  ASSIGN_OR_RETURN(const Floats floats, Floats::Of(tensor));
  std::vector<int64_t> indexes;
  for (const float value : floats.values()) {
    if (!(std::fabs(value) < 1e9F))
      return InvalidArgument("the model gave no index for these inputs: a class is " + std::to_string(value));
    indexes.push_back(std::llround(value));
  }
  return indexes;
}

// Of one row; the shape without it.
template <typename T>
std::span<const T> RowOf(std::span<const T> values, int64_t row, int64_t rows) {
  const size_t each = values.size() / static_cast<size_t>(rows);
  return values.subspan(static_cast<size_t>(row) * each, each);
}

// Whether these are probabilities already: a softmax of them would make all of them alike.
bool AreProbabilities(std::span<const float> scores) {
  double sum = 0;
  for (const float score : scores) {
    if (!(score >= 0)) return false;
    sum += score;
  }
  return std::fabs(sum - 1) < 1e-2;
}

Result<std::string> ClassesOf(const ModelTransform::Answer& answer, std::span<const float> scores, size_t most_bytes) {
  const bool softmax = answer.softmax.value_or(!AreProbabilities(scores));
  return TopClassesJson(scores, {.count = answer.top, .softmax = softmax}, answer.names, most_bytes);
}

Shape WithoutRows(const ModelTransform::Answer& answer, const Tensor& tensor) {
  return answer.has_rows ? tensor.shape.Inner() : tensor.shape;
}

Result<std::vector<std::string>> ScoreAnswers(const ModelTransform::Answer& answer, const Tensor& output,
                                              int64_t rows) {
  ASSIGN_OR_RETURN(const Floats floats, Floats::Of(output));
  const Shape inner = WithoutRows(answer, output);
  std::vector<std::string> answers;
  size_t left = kMostAnswerBytes;
  for (int64_t row = 0; row < rows; ++row) {
    const std::span<const float> scores = RowOf(floats.values(), row, rows);
    Result<std::string> json =
        answer.kind == AnswerKind::kClasses
            ? ClassesOf(answer, scores, left)
            : SegmentationJson({.values = scores, .classes = inner[0], .height = inner[1], .width = inner[2]}, left);
    ASSIGN_OR_RETURN(std::string text, std::move(json));
    left -= text.size();
    answers.push_back(std::move(text));
  }
  return answers;
}

Result<std::vector<std::string>> DetectionAnswers(const ModelTransform::Answer& answer, std::span<const Tensor> outputs,
                                                  int64_t rows) {
  ASSIGN_OR_RETURN(const Floats boxes, Floats::Of(outputs[0]));
  ASSIGN_OR_RETURN(const Floats scores, Floats::Of(outputs[1]));
  ASSIGN_OR_RETURN(const std::vector<int64_t> classes, Indexes(outputs[2]));
  std::vector<std::string> answers;
  size_t left = kMostAnswerBytes;
  for (int64_t row = 0; row < rows; ++row) {
    const Detections found{.boxes = RowOf(boxes.values(), row, rows),
                           .scores = RowOf(scores.values(), row, rows),
                           .classes = RowOf(std::span<const int64_t>(classes), row, rows)};
    ASSIGN_OR_RETURN(std::string text, DetectionsJson(found, answer.threshold, answer.names, left));
    left -= text.size();
    answers.push_back(std::move(text));
  }
  return answers;
}

// Of each output's shape, without rows.
size_t RankOf(AnswerKind kind, size_t output) {
  switch (kind) {
    case AnswerKind::kClasses:
      return 1;
    case AnswerKind::kSegmentation:
      return 3;
    case AnswerKind::kDetections:
      break;
  }
  return output == 0 ? 2 : 1;
}

}  // namespace

Result<int64_t> CountAnswers(const ModelTransform::Answer& answer, std::span<const Tensor> outputs) {
  int64_t rows = 1;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Shape& shape = outputs[i].shape;
    const bool fits = shape.rank() == RankOf(answer.kind, i) + (answer.has_rows ? 1 : 0);
    if (fits && answer.has_rows && i == 0) rows = shape[0];
    if (fits && (!answer.has_rows || shape[0] == rows)) continue;
    return Internal("the model gave output '" + answer.outputs[i] + "' of shape " + shape.ToString() +
                    ", of which no " + answer.name() + " can be made");
  }
  return rows;
}

Result<size_t> AnswerBytes(const ModelTransform::Answer& answer, std::span<const Tensor> outputs) {
  ASSIGN_OR_RETURN(const int64_t rows, CountAnswers(answer, outputs));
  size_t bytes = 0;
  if (answer.kind == AnswerKind::kSegmentation && rows > 0) {
    const Shape inner = WithoutRows(answer, outputs.front());
    const size_t each = SegmentationBytes(inner[1], inner[2]);
    if (each > kMostAnswerBytes / static_cast<size_t>(rows)) {
      return TooLarge("expected segments of at most " + std::to_string(kMostAnswerBytes) + " bytes of text, found " +
                      outputs.front().shape.ToString() + ", which take " + std::to_string(each) + " a row");
    }
    bytes = each * static_cast<size_t>(rows);
  } else {
    constexpr size_t kTextOfByte = 16;  // the longest text of an element, in its own bytes; or its class with a name
    for (const Tensor& output : outputs) bytes += output.data.size() * kTextOfByte;
    bytes = std::min(bytes, kMostAnswerBytes);
  }
  return 2 * bytes;
}

Result<std::vector<std::string>> AnswersOf(const ModelTransform::Answer& answer, std::span<const Tensor> outputs) {
  ASSIGN_OR_RETURN(const int64_t rows, CountAnswers(answer, outputs));
  if (rows == 0) return std::vector<std::string>();
  return answer.kind == AnswerKind::kDetections ? DetectionAnswers(answer, outputs, rows)
                                                : ScoreAnswers(answer, outputs.front(), rows);
}

}  // namespace trireme::transform
