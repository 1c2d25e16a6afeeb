// SPDX-License-Identifier: Apache-2.0
#include "bench/output_diff.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include "bench/report_text.h"
#include "codec/json_writer.h"
#include "codec/small_float.h"
#include "tensor/bytes_elements.h"

namespace trireme::bench {
namespace {

// Wide enough for every number of 64 bits.
using Wide = long double;

struct Fp16 {
  static Wide Widen(uint16_t bits) { return WidenFp16(bits); }
};
struct Bf16 {
  static Wide Widen(uint16_t bits) { return WidenBf16(bits); }
};
struct Plain {
  template <typename T>
  static Wide Widen(T value) {
    return static_cast<Wide>(value);
  }
};

std::string Text(Wide value) {
  std::string text;
  AppendJsonNumber(text, static_cast<double>(value));
  return text;
}

std::string Element(size_t index, const std::string& one, const std::string& other) {
  return "element " + std::to_string(index) + " is " + one + " and " + other;
}

// The first of the largest; NaN is never it.
template <typename As, typename T>
size_t Argmax(std::span<const T> row) {
  size_t best = 0;
  for (size_t i = 1; i < row.size(); ++i) {
    if (As::Widen(row[i]) > As::Widen(row[best]) || std::isnan(As::Widen(row[best]))) best = i;
  }
  return best;
}

template <typename As, typename T>
void CountArgmax(const Shape& shape, std::span<const T> one, std::span<const T> other, OutputDiff& diff) {
  if (shape.rank() == 0 || shape[shape.rank() - 1] < 2) return;
  const auto length = static_cast<size_t>(shape[shape.rank() - 1]);
  for (size_t at = 0; at + length <= one.size(); at += length) {
    ++diff.rows;
    if (Argmax<As>(one.subspan(at, length)) == Argmax<As>(other.subspan(at, length))) ++diff.same_argmax;
  }
}

template <typename As, typename T>
std::string CompareNumbers(const Tensor& one, const Tensor& other, double tolerance, OutputDiff& diff) {
  const std::span<const T> mine = one.As<T>();
  const std::span<const T> others = other.As<T>();
  std::string first;
  for (size_t i = 0; i < mine.size(); ++i) {
    if (mine[i] == others[i]) continue;
    const Wide a = As::Widen(mine[i]);
    const Wide b = As::Widen(others[i]);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const Wide absolute = std::fabs(a - b);
    const Wide larger = std::max(std::fabs(a), std::fabs(b));
    const bool is_finite = std::isfinite(a) && std::isfinite(b);
    if (is_finite) {
      diff.largest_absolute = std::max(diff.largest_absolute, static_cast<double>(absolute));
      diff.largest_relative = std::max(diff.largest_relative, static_cast<double>(absolute / larger));
    } else {
      diff.largest_absolute = diff.largest_relative = INFINITY;
    }
    const bool is_same = is_finite && absolute <= static_cast<Wide>(tolerance) * std::max<Wide>(1, larger);
    if (!is_same && first.empty()) first = Element(i, Text(a), Text(b));
  }
  CountArgmax<As>(one.shape, mine, others, diff);
  return first;
}

std::string CompareStrings(const Tensor& one, const Tensor& other) {
  constexpr size_t kMostShown = 40;
  BytesReader mine(one.data.bytes());
  BytesReader others(other.data.bytes());
  for (size_t i = 0;; ++i) {
    const std::optional<std::string_view> a = mine.Next();
    const std::optional<std::string_view> b = others.Next();
    if (!a && !b) return {};
    if (a == b) continue;
    return Element(i, "'" + Visible(a.value_or("").substr(0, kMostShown)) + "'",
                   "'" + Visible(b.value_or("").substr(0, kMostShown)) + "'");
  }
}

std::string Kind(const Tensor& tensor) {
  return std::string(Name(tensor.type)) + tensor.shape.ToString();
}

std::string CompareElements(const Tensor& one, const Tensor& other, double tolerance, OutputDiff& diff) {
  switch (one.type) {
    case DataType::kBool:
    case DataType::kUint8:
      return CompareNumbers<Plain, uint8_t>(one, other, 0, diff);
    case DataType::kUint16:
      return CompareNumbers<Plain, uint16_t>(one, other, 0, diff);
    case DataType::kUint32:
      return CompareNumbers<Plain, uint32_t>(one, other, 0, diff);
    case DataType::kUint64:
      return CompareNumbers<Plain, uint64_t>(one, other, 0, diff);
    case DataType::kInt8:
      return CompareNumbers<Plain, int8_t>(one, other, 0, diff);
    case DataType::kInt16:
      return CompareNumbers<Plain, int16_t>(one, other, 0, diff);
    case DataType::kInt32:
      return CompareNumbers<Plain, int32_t>(one, other, 0, diff);
    case DataType::kInt64:
      return CompareNumbers<Plain, int64_t>(one, other, 0, diff);
    case DataType::kFp16:
      return CompareNumbers<Fp16, uint16_t>(one, other, tolerance, diff);
    case DataType::kBf16:
      return CompareNumbers<Bf16, uint16_t>(one, other, tolerance, diff);
    case DataType::kFp32:
      return CompareNumbers<Plain, float>(one, other, tolerance, diff);
    case DataType::kFp64:
      return CompareNumbers<Plain, double>(one, other, tolerance, diff);
    case DataType::kBytes:
      return CompareStrings(one, other);
  }
  return "a type that nobody knows";
}

void Say(const std::string& where, const std::string& what, DiffReport& report) {
  if (report.first.size() < DiffReport::kMostFirst) report.first.push_back(where + ": " + what);
}

}  // namespace

std::string CompareTensors(const Tensor& one, const Tensor& other, double tolerance, OutputDiff& diff) {
  ++diff.requests;
  std::string first;
  if (one.type != other.type || one.shape != other.shape || one.data.empty() != other.data.empty()) {
    ++diff.unlike;
    first = Kind(one) + " and " + Kind(other);
  } else {
    first = CompareElements(one, other, tolerance, diff);
  }
  if (!first.empty()) ++diff.differing;
  return first;
}

void CompareAnswers(const std::string& where, const std::string& model, const kserve::InferResponseMessage& one,
                    const kserve::InferResponseMessage& other, double tolerance, DiffReport& report) {
  ++report.compared;
  bool differs = false;
  const auto note = [&](const std::string& output, const std::string& what) {
    if (!differs) Say(where, model + ", output " + output + ": " + what, report);
    differs = true;
  };
  const auto note_missing = [&](const std::string& output, const char* what) {
    OutputDiff& diff = report.outputs[{model, output}];
    ++diff.requests;
    ++diff.unlike;
    ++diff.differing;
    note(output, what);
  };
  for (const NamedTensor& output : one.outputs) {
    const auto found = std::ranges::find(other.outputs, output.name, &NamedTensor::name);
    if (found == other.outputs.end()) {
      note_missing(output.name, "the other answer has none");
      continue;
    }
    const std::string first =
        CompareTensors(output.tensor, found->tensor, tolerance, report.outputs[{model, output.name}]);
    if (!first.empty()) note(output.name, first);
  }
  for (const NamedTensor& output : other.outputs) {
    if (std::ranges::find(one.outputs, output.name, &NamedTensor::name) == one.outputs.end()) {
      note_missing(output.name, "only the other answer has it");
    }
  }
  if (differs) ++report.differing;
}

void OneFailed(const std::string& where, const std::string& what, DiffReport& report) {
  ++report.differing;
  ++report.failed_alone;
  Say(where, what, report);
}

}  // namespace trireme::bench
