// SPDX-License-Identifier: Apache-2.0
#include <fast_float/fast_float.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/excerpt.h"
#include "wire/sagemaker/libsvm.h"

namespace trireme::sagemaker {
namespace {

// What a text of a few bytes may become: a line may be a single digit, and its row a megabyte.
constexpr size_t kAlwaysFits = size_t{16} << 20;
constexpr size_t kMostGrowth = 64;

constexpr size_t kMostShown = 40;

Status At(int64_t line, const std::string& what) {
  return InvalidArgument("line " + std::to_string(line) + ": " + what);
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// The next word of a line, which it takes from there; empty at its end.
std::string_view TakeWord(std::string_view& line) {
  while (!line.empty() && IsBlank(line.front())) line.remove_prefix(1);
  const auto end = std::ranges::find_if(line, IsBlank);
  const std::string_view word = line.substr(0, static_cast<size_t>(end - line.begin()));
  line.remove_prefix(word.size());
  return word;
}

// The next line, without its end and its remark.
std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line.substr(0, line.find('#'));
}

template <typename T>
std::optional<T> NumberIn(std::string_view text) {
  if (text.size() > 1 && text.front() == '+') text.remove_prefix(1);
  T value{};
  const auto [end, error] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const bool is_spelled = text.find_first_of("iI") != std::string_view::npos;
  if (std::isinf(value) && !is_spelled) return std::nullopt;
  return value;
}

bool IsRow(std::string_view line) {
  return !std::ranges::all_of(line, IsBlank);
}

int64_t CountRows(std::string_view text) {
  int64_t rows = 0;
  while (!text.empty()) rows += IsRow(TakeLine(text)) ? 1 : 0;
  return rows;
}

template <typename T>
struct Entry {
  int64_t index = 0;
  T value{};
};

template <typename T>
Result<Entry<T>> EntryIn(std::string_view word, int64_t line, int64_t features) {
  const size_t colon = word.find(':');
  Entry<T> entry;
  const std::string_view index = word.substr(0, colon);
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), entry.index);
  const bool is_index = error == std::errc() && end == index.data() + index.size();
  const std::optional<T> value = colon == std::string_view::npos ? std::nullopt : NumberIn<T>(word.substr(colon + 1));
  if (!is_index || !value) return At(line, "expected INDEX:VALUE, found " + Excerpt(word, kMostShown));
  if (entry.index < 0 || entry.index >= features) {
    return At(line,
              "expected an index from 0 to " + std::to_string(features - 1) + ", found " + std::to_string(entry.index));
  }
  entry.value = *value;
  return entry;
}

template <typename T>
Status FillRow(std::string_view words, int64_t line, std::span<T> row) {
  int64_t last = -1;
  bool is_first = true;
  for (std::string_view word = TakeWord(words); !word.empty(); word = TakeWord(words)) {
    const bool may_be_label = std::exchange(is_first, false) && word.find(':') == std::string_view::npos;
    if (may_be_label && NumberIn<double>(word)) continue;
    ASSIGN_OR_RETURN(const Entry<T> entry, EntryIn<T>(word, line, static_cast<int64_t>(row.size())));
    if (entry.index <= last) {
      return At(line,
                "expected rising indexes, found " + std::to_string(entry.index) + " behind " + std::to_string(last));
    }
    last = entry.index;
    row[static_cast<size_t>(entry.index)] = entry.value;
  }
  return {};
}

template <typename T>
Result<Tensor> Fill(std::string_view text, Tensor tensor, bool missing_is_nan) {
  const std::span<T> elements = tensor.MutableAs<T>();
  std::ranges::fill(elements, missing_is_nan ? std::numeric_limits<T>::quiet_NaN() : T{0});
  const auto features = static_cast<size_t>(tensor.shape[1]);
  size_t row = 0;
  for (int64_t line = 1; !text.empty(); ++line) {
    const std::string_view words = TakeLine(text);
    if (IsRow(words)) RETURN_IF_ERROR(FillRow(words, line, elements.subspan(features * row++, features)));
  }
  return tensor;
}

}  // namespace

Result<Tensor> ReadLibsvm(std::string_view text, const TensorSpec& input, MemoryPool& pool) {
  const bool is_double = input.type == DataType::kFp64;
  if (!is_double && input.type != DataType::kFp32) {
    return InvalidArgument("expected an input of FP32 or FP64 for sparse rows, found " + std::string(Name(input.type)));
  }
  if (input.shape.rank() != 2 || input.shape[1] == Shape::kAny) {
    return InvalidArgument("expected an input [rows, features] whose features are known for sparse rows, found " +
                           input.shape.ToString());
  }
  const int64_t rows = CountRows(text);
  if (rows == 0) return InvalidArgument("expected lines of INDEX:VALUE, found none");
  const int64_t features = input.shape[1];
  const size_t most = std::max(kAlwaysFits, kMostGrowth * text.size());
  const size_t row_bytes = static_cast<size_t>(features) * (is_double ? sizeof(double) : sizeof(float));
  if (row_bytes > 0 && static_cast<size_t>(rows) > most / row_bytes) {
    return TooLarge(std::to_string(rows) + " rows of " + std::to_string(features) + " features are more than " +
                    std::to_string(most) + " bytes, which is the most for a text of " + std::to_string(text.size()));
  }
  Tensor tensor = MakeTensor(pool, input.type, Shape({rows, features}));
  return is_double ? Fill<double>(text, std::move(tensor), input.missing_is_nan)
                   : Fill<float>(text, std::move(tensor), input.missing_is_nan);
}

}  // namespace trireme::sagemaker
