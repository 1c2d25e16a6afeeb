// SPDX-License-Identifier: Apache-2.0
#include <fast_float/fast_float.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "codec/small_float.h"
#include "tensor/bytes_elements.h"
#include "wire/sagemaker/csv.h"
#include "wire/sagemaker/fit_shape.h"

namespace trireme::sagemaker {
namespace {

// Hands out one field after the other.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  int64_t line() const { return line_; }  // from 1
  int64_t field() const { return field_; }

  // The next one, good until the one after it; nothing if its quotes are wrong.
  std::optional<std::string_view> Next() {
    if (std::exchange(ended_line_, false)) {
      line_ += 1;
      field_ = 0;
    }
    field_ += 1;
    const std::optional<std::string_view> field = rest_.starts_with('"') ? Quoted() : Plain();
    if (!field || !PassEnd()) return std::nullopt;
    return field;
  }

  // Whether the last one ended its line.
  bool ended_line() const { return ended_line_; }

 private:
  std::string_view Plain() {
    const std::string_view field = rest_.substr(0, rest_.find_first_of(",\n"));
    rest_.remove_prefix(field.size());
    const bool has_return = field.ends_with('\r') && !rest_.starts_with(',');
    return field.substr(0, field.size() - (has_return ? 1 : 0));
  }

  std::optional<std::string_view> Quoted() {
    unquoted_.clear();
    while (rest_.starts_with('"')) {
      const size_t end = rest_.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      unquoted_ += rest_.substr(1, end - 1);
      rest_.remove_prefix(end + 1);
      if (rest_.starts_with('"')) unquoted_ += '"';
    }
    return unquoted_;
  }

  bool PassEnd() {
    if (rest_.starts_with(',')) {
      rest_.remove_prefix(1);
      return true;
    }
    ended_line_ = true;
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
    if (rest_.empty()) return true;
    if (!rest_.starts_with('\n')) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
  std::string unquoted_;
  int64_t line_ = 1;
  int64_t field_ = 0;
  bool ended_line_ = false;
};

Status At(const FieldReader& reader, const std::string& what) {
  return InvalidArgument("line " + std::to_string(reader.line()) + ", field " + std::to_string(reader.field()) + ": " +
                         what);
}

std::string Shown(std::string_view field) {
  constexpr size_t kMost = 40;
  return "'" + std::string(field.substr(0, kMost)) + (field.size() > kMost ? "...'" : "'");
}

struct Extent {
  int64_t lines = 0;
  int64_t fields = 0;
};

// Every line has as many fields as the first.
Result<Extent> Measure(std::string_view text) {
  if (text.empty()) return InvalidArgument("expected lines of comma-separated values, found none");
  Extent extent;
  FieldReader reader(text);
  // A comma at the very end has an empty field behind it.
  for (bool more = true; more; more = !reader.AtEnd() || !reader.ended_line()) {
    if (!reader.Next()) return At(reader, "expected a closing quote and then a comma or the line's end");
    if (!reader.ended_line()) continue;
    extent.lines += 1;
    if (extent.lines == 1) extent.fields = reader.field();
    if (reader.field() == extent.fields) continue;
    return InvalidArgument("line " + std::to_string(reader.line()) + ": expected " + std::to_string(extent.fields) +
                           " fields as in the first line, found " + std::to_string(reader.field()));
  }
  return extent;
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

template <typename T>
std::optional<T> ReadWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// One beyond the largest is none, as in JSON; an infinity that is spelled out is one.
template <typename T>
std::optional<T> ReadFloating(std::string_view text) {
  T value{};
  const auto [end, error] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const bool is_spelled = text.find_first_of("iI") != std::string_view::npos;
  if (std::isinf(value) && !is_spelled) return std::nullopt;
  return value;
}

std::optional<uint8_t> ReadTruth(std::string_view text) {
  for (const char* yes : {"1", "true", "True", "TRUE"}) {
    if (text == yes) return 1;
  }
  for (const char* no : {"0", "false", "False", "FALSE"}) {
    if (text == no) return 0;
  }
  return std::nullopt;
}

template <uint16_t (*kNarrow)(double), float (*kWiden)(uint16_t)>
std::optional<uint16_t> ReadSmall(std::string_view text) {
  const std::optional<double> value = ReadFloating<double>(text);
  if (!value) return std::nullopt;
  const uint16_t bits = kNarrow(*value);
  if (std::isinf(kWiden(bits)) && !std::isinf(*value)) return std::nullopt;
  return bits;
}

// Nothing stands where a value is missing.
template <typename T>
std::optional<T> ReadFloatingOrMissing(std::string_view text) {
  return text.empty() ? std::numeric_limits<T>::quiet_NaN() : ReadFloating<T>(text);
}

template <typename T, typename ReadOne>
Result<Tensor> FillWith(FieldReader reader, Tensor tensor, ReadOne read_one) {
  for (T& element : tensor.MutableAs<T>()) {
    const std::string_view field = reader.Next().value_or("");
    std::string_view number = Trimmed(field);
    if (number.size() > 1 && number.starts_with('+')) number.remove_prefix(1);
    const std::optional<T> value = read_one(number);
    if (!value) return At(reader, "expected " + std::string(Name(tensor.type)) + ", found " + Shown(field));
    element = *value;
  }
  return tensor;
}

Result<Tensor> ReadTexts(FieldReader reader, const Shape& shape, int64_t count) {
  std::vector<std::byte> data;
  for (int64_t i = 0; i < count; ++i) AppendBytesElement(data, reader.Next().value_or(""));
  return Tensor{.type = DataType::kBytes, .shape = shape, .data = Buffer::CopyOf(data)};
}

Result<Tensor> Fill(const FieldReader& reader, Tensor tensor, bool missing_is_nan) {
  switch (tensor.type) {
    case DataType::kBool:
      return FillWith<uint8_t>(reader, std::move(tensor), ReadTruth);
    case DataType::kUint8:
      return FillWith<uint8_t>(reader, std::move(tensor), ReadWhole<uint8_t>);
    case DataType::kUint16:
      return FillWith<uint16_t>(reader, std::move(tensor), ReadWhole<uint16_t>);
    case DataType::kUint32:
      return FillWith<uint32_t>(reader, std::move(tensor), ReadWhole<uint32_t>);
    case DataType::kUint64:
      return FillWith<uint64_t>(reader, std::move(tensor), ReadWhole<uint64_t>);
    case DataType::kInt8:
      return FillWith<int8_t>(reader, std::move(tensor), ReadWhole<int8_t>);
    case DataType::kInt16:
      return FillWith<int16_t>(reader, std::move(tensor), ReadWhole<int16_t>);
    case DataType::kInt32:
      return FillWith<int32_t>(reader, std::move(tensor), ReadWhole<int32_t>);
    case DataType::kInt64:
      return FillWith<int64_t>(reader, std::move(tensor), ReadWhole<int64_t>);
    case DataType::kFp16:
      return FillWith<uint16_t>(reader, std::move(tensor), ReadSmall<NarrowToFp16, WidenFp16>);
    case DataType::kBf16:
      return FillWith<uint16_t>(reader, std::move(tensor), ReadSmall<NarrowToBf16, WidenBf16>);
    case DataType::kFp32:
      return FillWith<float>(reader, std::move(tensor),
                             missing_is_nan ? ReadFloatingOrMissing<float> : ReadFloating<float>);
    case DataType::kFp64:
      return FillWith<double>(reader, std::move(tensor),
                              missing_is_nan ? ReadFloatingOrMissing<double> : ReadFloating<double>);
    case DataType::kBytes:
      break;
  }
  CHECK(false);
}

}  // namespace

Result<Tensor> ReadCsv(std::string_view text, const TensorSpec& input, MemoryPool& pool) {
  ASSIGN_OR_RETURN(const Extent extent, Measure(text));
  ASSIGN_OR_RETURN(const Shape shape, ShapeOfLines(input.shape, extent.lines, extent.fields));
  const FieldReader reader(text);
  if (input.type == DataType::kBytes) return ReadTexts(reader, shape, extent.lines * extent.fields);
  return Fill(reader, MakeTensor(pool, input.type, shape), input.missing_is_nan);
}

}  // namespace trireme::sagemaker
