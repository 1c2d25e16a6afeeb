// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/output_difference.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "codec/small_float.h"

namespace trireme::onnxfile {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

template <typename T>
std::vector<double> Widened(const Tensor& tensor) {
  const std::span<const T> elements = tensor.As<T>();
  return {elements.begin(), elements.end()};
}

std::vector<double> WidenedHalves(const Tensor& tensor) {
  std::vector<double> numbers;
  for (const uint16_t bits : tensor.As<uint16_t>()) {
    numbers.push_back(tensor.type == DataType::kFp16 ? WidenFp16(bits) : WidenBf16(bits));
  }
  return numbers;
}

// Empty for what are no numbers.
std::vector<double> NumbersOf(const Tensor& tensor) {
  switch (tensor.type) {
    case DataType::kFp16:
    case DataType::kBf16:
      return WidenedHalves(tensor);
    case DataType::kFp32:
      return Widened<float>(tensor);
    case DataType::kFp64:
      return Widened<double>(tensor);
    case DataType::kInt8:
      return Widened<int8_t>(tensor);
    case DataType::kInt16:
      return Widened<int16_t>(tensor);
    case DataType::kInt32:
      return Widened<int32_t>(tensor);
    case DataType::kInt64:
      return Widened<int64_t>(tensor);
    case DataType::kUint8:
      return Widened<uint8_t>(tensor);
    case DataType::kUint16:
      return Widened<uint16_t>(tensor);
    case DataType::kUint32:
      return Widened<uint32_t>(tensor);
    case DataType::kUint64:
      return Widened<uint64_t>(tensor);
    case DataType::kBool:
    case DataType::kBytes:
      return {};
  }
  return {};
}

bool IsFloating(DataType type) {
  return type == DataType::kFp16 || type == DataType::kBf16 || type == DataType::kFp32 || type == DataType::kFp64;
}

double Distance(double expected, double found) {
  if (expected == found || (std::isnan(expected) && std::isnan(found))) return 0;
  const double distance = std::fabs(expected - found);
  return std::isfinite(distance) ? distance : kInfinite;
}

// Of zero magnitude nothing is a part: any distance is too much.
double Relative(double distance, double magnitude) {
  if (distance == 0) return 0;
  return magnitude > 0 ? distance / magnitude : kInfinite;
}

std::string Percent(double part) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g %%", part * 100);
  return text;
}

}  // namespace

Status OutputDifference::Add(const Tensor& expected, const Tensor& found) {
  if (expected.type != found.type) {
    return InvalidArgument("expected " + std::string(Name(expected.type)) + ", found " + std::string(Name(found.type)));
  }
  if (!(expected.shape == found.shape) ||
      (expected.data.size() != found.data.size() && expected.type != DataType::kBytes)) {
    return InvalidArgument("expected shape " + expected.shape.ToString() + ", found " + found.shape.ToString());
  }
  const std::vector<double> wanted = NumbersOf(expected);
  const std::vector<double> given = NumbersOf(found);
  if (wanted.empty()) {
    const bool equal =
        expected.data.size() == found.data.size() &&
        (expected.data.empty() || std::memcmp(expected.data.data(), found.data.data(), expected.data.size()) == 0);
    if (!equal) worst_ = worst_rms_ = kInfinite;
    return {};
  }
  AddNumbers(wanted, given);
  if (IsFloating(expected.type) && expected.shape.rank() == 2) {
    AddRows(wanted, given, static_cast<size_t>(expected.shape[1]));
  }
  return {};
}

void OutputDifference::AddNumbers(std::span<const double> expected, std::span<const double> found) {
  double largest = 0, squares = 0, distance = 0, distance_squares = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double apart = Distance(expected[i], found[i]);
    distance = std::max(distance, apart);
    distance_squares += apart * apart;
    if (!std::isfinite(expected[i])) continue;
    largest = std::max(largest, std::fabs(expected[i]));
    squares += expected[i] * expected[i];
  }
  worst_ = std::max(worst_, Relative(distance, largest));
  worst_rms_ = std::max(worst_rms_, Relative(std::sqrt(distance_squares), std::sqrt(squares)));
}

void OutputDifference::AddRows(std::span<const double> expected, std::span<const double> found, size_t width) {
  if (width < 2) return;
  const auto top = [&](std::span<const double> numbers, size_t begin) {
    const auto row = numbers.subspan(begin, width);
    return std::max_element(row.begin(), row.end()) - row.begin();
  };
  for (size_t begin = 0; begin < expected.size(); begin += width) {
    ++rows_;
    agreeing_rows_ += top(expected, begin) == top(found, begin) ? 1 : 0;
  }
}

std::optional<double> OutputDifference::top1_agreement() const {
  if (rows_ == 0) return std::nullopt;
  return static_cast<double>(agreeing_rows_) / static_cast<double>(rows_);
}

std::string WhyTooFar(const OutputDifference& difference, const Tolerance& tolerance) {
  if (std::isinf(difference.worst())) {
    return "the outputs are not numbers, or not zero, where they should be, or the other way round";
  }
  if (!(difference.worst() <= tolerance.worst)) {
    return "the outputs are up to " + Percent(difference.worst()) + " of their largest value off, at most " +
           Percent(tolerance.worst) + " are allowed";
  }
  const std::optional<double> agreement = difference.top1_agreement();
  if (agreement && *agreement < tolerance.top1_agreement) {
    return "the largest element of a row is the same in " + Percent(*agreement) + " of the rows, at least " +
           Percent(tolerance.top1_agreement) + " are wanted";
  }
  return {};
}

}  // namespace trireme::onnxfile
