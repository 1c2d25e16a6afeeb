// SPDX-License-Identifier: Apache-2.0
#include "predict/fill_column.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/excerpt.h"
#include "base/trimmed.h"
#include "codec/small_float.h"

namespace trireme::predict {
namespace {

using table::ColumnType;
using table::ColumnView;

// The 16-bit floating types, which C++20 does not have.
struct Fp16 {
  uint16_t bits;
};
struct Bf16 {
  uint16_t bits;
};
struct Truth {
  uint8_t value;
};

template <typename T>
constexpr bool kIsFloating = std::is_floating_point_v<T> || std::is_same_v<T, Fp16> || std::is_same_v<T, Bf16>;

template <typename T>
T NotANumber() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if constexpr (std::is_same_v<T, Fp16>) {
    return {NarrowToFp16(nan)};
  } else if constexpr (std::is_same_v<T, Bf16>) {
    return {NarrowToBf16(nan)};
  } else {
    return static_cast<T>(nan);
  }
}

template <typename T>
bool FitsFloating(double value) {
  if (!std::isfinite(value)) return true;
  if constexpr (std::is_same_v<T, Fp16>) return std::abs(value) <= kMaxFp16;
  if constexpr (std::is_same_v<T, Bf16>) return std::abs(value) <= kMaxBf16;
  if constexpr (std::is_same_v<T, float>) return std::abs(value) <= std::numeric_limits<float>::max();
  return true;
}

template <typename T>
std::optional<T> FromDouble(double value) {
  if constexpr (std::is_same_v<T, Truth>) {
    if (value != 0 && value != 1) return std::nullopt;
    return T{static_cast<uint8_t>(value)};
  } else if constexpr (kIsFloating<T>) {
    if (!FitsFloating<T>(value)) return std::nullopt;
    if constexpr (std::is_same_v<T, Fp16>) return T{NarrowToFp16(value)};
    if constexpr (std::is_same_v<T, Bf16>) return T{NarrowToBf16(value)};
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(value);
  } else {
    // The bounds are powers of two, which a double holds.
    constexpr double kEnd = 2.0 * static_cast<double>(uint64_t{1} << (std::numeric_limits<T>::digits - 1));
    const double least = std::is_signed_v<T> ? -kEnd : 0;
    if (!(value >= least && value < kEnd) || value != std::trunc(value)) return std::nullopt;
    return static_cast<T>(value);
  }
}

template <typename T, typename Whole>
std::optional<T> FromWhole(Whole value) {
  if constexpr (std::is_same_v<T, Truth> || kIsFloating<T>) {
    return FromDouble<T>(static_cast<double>(value));
  } else {
    if (!std::in_range<T>(value)) return std::nullopt;
    return static_cast<T>(value);
  }
}

template <typename T>
std::optional<T> ReadText(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename T>
std::optional<T> FromText(std::string_view text) {
  text = Trimmed(text, " \t\r");
  if constexpr (!kIsFloating<T> && !std::is_same_v<T, Truth>) {
    if (const auto whole = ReadText<T>(text)) return whole;
    // A double holds every whole number up to here; beyond it, what is not written as one may be another.
    constexpr double kExact = 9007199254740992.0;
    const auto number = ReadText<double>(text);
    return number && std::abs(*number) <= kExact ? FromDouble<T>(*number) : std::nullopt;
  } else {
    if constexpr (std::is_same_v<T, Truth>) {
      if (text == "true") return T{1};
      if (text == "false") return T{0};
    }
    const auto number = ReadText<double>(text);
    return number ? FromDouble<T>(*number) : std::nullopt;
  }
}

template <typename T>
std::string ShortText(T value) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc() ? "'" + std::string(text, end) + "'" : "a number";
}

std::string FoundText(const ColumnView& column, size_t row) {
  if (!column.IsValid(row)) return "nothing";
  switch (column.type) {
    case ColumnType::kBool:
      return column.At<uint8_t>(row) != 0 ? "'true'" : "'false'";
    case ColumnType::kInt64:
      return ShortText(column.At<int64_t>(row));
    case ColumnType::kUint64:
      return ShortText(column.At<uint64_t>(row));
    case ColumnType::kFp32:
      return ShortText(column.At<float>(row));
    case ColumnType::kFp64:
      return ShortText(column.At<double>(row));
    case ColumnType::kText:
      break;
  }
  return Excerpt(column.At<std::string_view>(row), 64);
}

template <typename T>
std::optional<T> ValueAt(const ColumnView& column, size_t row) {
  switch (column.type) {
    case ColumnType::kBool:
      return FromWhole<T>(static_cast<int64_t>(column.At<uint8_t>(row)));
    case ColumnType::kInt64:
      return FromWhole<T>(column.At<int64_t>(row));
    case ColumnType::kUint64:
      return FromWhole<T>(column.At<uint64_t>(row));
    case ColumnType::kFp32:
      return FromDouble<T>(static_cast<double>(column.At<float>(row)));
    case ColumnType::kFp64:
      return FromDouble<T>(column.At<double>(row));
    case ColumnType::kText:
      break;
  }
  return FromText<T>(column.At<std::string_view>(row));
}

template <typename T>
void Fill(const ColumnView& column, size_t first, size_t rows, const ElementPlace& place, bool missing_is_nan,
          const BadCell& bad) {
  std::byte* to = place.first;
  for (size_t row = 0; row < rows; ++row, to += place.stride) {
    std::optional<T> value;
    if (column.IsValid(first + row)) {
      value = ValueAt<T>(column, first + row);
    } else if constexpr (kIsFloating<T>) {
      if (missing_is_nan) value = NotANumber<T>();
    }
    if (value) {
      std::memcpy(to, &*value, sizeof(T));
    } else {
      bad(row, "expected " + std::string(Name(place.type)) + ", found " + FoundText(column, first + row));
    }
  }
}

// What most cells are: numbers, all there, that every FP32 holds; four times as quick as the general way.
bool FillPlainFloats(const ColumnView& column, size_t first, size_t rows, const ElementPlace& place) {
  if (column.type != ColumnType::kFp64 || place.type != DataType::kFp32 || column.valid != nullptr) return false;
  const auto* from = &column.At<double>(first);
  if (column.stride != sizeof(double)) return false;
  bool all_fit = true;
  std::byte* to = place.first;
  for (size_t row = 0; row < rows; ++row, to += place.stride) {
    const auto value = static_cast<float>(from[row]);
    all_fit &= !std::isinf(value);
    std::memcpy(to, &value, sizeof value);
  }
  return all_fit;
}

}  // namespace

void FillColumn(const ColumnView& column, size_t first, size_t rows, const ElementPlace& place, bool missing_is_nan,
                const BadCell& bad) {
  if (FillPlainFloats(column, first, rows, place)) return;
  switch (place.type) {
    case DataType::kBool:
      return Fill<Truth>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kUint8:
      return Fill<uint8_t>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kUint16:
      return Fill<uint16_t>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kUint32:
      return Fill<uint32_t>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kUint64:
      return Fill<uint64_t>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kInt8:
      return Fill<int8_t>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kInt16:
      return Fill<int16_t>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kInt32:
      return Fill<int32_t>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kInt64:
      return Fill<int64_t>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kFp16:
      return Fill<Fp16>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kBf16:
      return Fill<Bf16>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kFp32:
      return Fill<float>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kFp64:
      return Fill<double>(column, first, rows, place, missing_is_nan, bad);
    case DataType::kBytes:
      break;
  }
  CHECK(false);
}

}  // namespace trireme::predict
