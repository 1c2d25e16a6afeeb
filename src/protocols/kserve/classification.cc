// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/classification.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <string_view>
#include <type_traits>

#include "codec/small_float.h"
#include "tensor/bytes_elements.h"

namespace trireme::kserve {
namespace {

template <typename T>
bool IsNumber(T value) {
  if constexpr (std::is_floating_point_v<T>) return !std::isnan(value);
  return true;
}

// Whether the class of `left` comes first.
template <typename T>
bool Precedes(std::span<const T> row, uint32_t left, uint32_t right) {
  const bool left_is_number = IsNumber(row[left]);
  const bool right_is_number = IsNumber(row[right]);
  if (left_is_number != right_is_number) return left_is_number;
  if (left_is_number && row[left] != row[right]) return row[left] > row[right];
  return left < right;
}

template <typename T>
std::string ValueText(T value) {
  if (!IsNumber(value)) return "nan";
  if constexpr (std::is_floating_point_v<T>) {
    // Up to 309 digits otherwise, of which the last ones say nothing.
    constexpr T kLong = T{1e15};
    if (std::abs(value) >= kLong) {
      std::array<char, 32> text;
      return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
    }
  }
  return std::to_string(value);
}

template <typename T>
void AppendClass(std::vector<std::byte>& data, std::span<const T> row, uint32_t index,
                 const std::vector<std::string>* labels) {
  std::string text = ValueText(row[index]) + ":" + std::to_string(index);
  if (labels != nullptr && index < labels->size()) text += ":" + (*labels)[index];
  AppendBytesElement(data, text);
}

struct Row {
  size_t elements = 0;
  size_t most = 0;  // classes
};

// Appends the classes of every row, until there are more than `max_bytes`.
template <typename T>
void AppendClasses(std::vector<std::byte>& data, std::span<const T> values, const Row& size,
                   const std::vector<std::string>* labels, size_t max_bytes) {
  const auto [row_elements, most] = size;
  std::vector<uint32_t> order(row_elements);
  for (size_t at = 0; at + row_elements <= values.size() && row_elements > 0; at += row_elements) {
    if (data.size() > max_bytes) return;
    const std::span<const T> row = values.subspan(at, row_elements);
    std::iota(order.begin(), order.end(), 0U);
    const auto precedes = [row](uint32_t left, uint32_t right) { return Precedes(row, left, right); };
    std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(most), order.end(), precedes);
    for (size_t i = 0; i < most && data.size() <= max_bytes; ++i) AppendClass(data, row, order[i], labels);
  }
}

template <float (*kWiden)(uint16_t)>
std::vector<float> Widened(const Tensor& tensor) {
  const std::span<const uint16_t> bits = tensor.As<uint16_t>();
  std::vector<float> values(bits.size());
  std::ranges::transform(bits, values.begin(), kWiden);
  return values;
}

// Calls use(values) with the elements as numbers of their type.
template <typename Use>
void WithValues(const Tensor& tensor, Use use) {
  switch (tensor.type) {
    case DataType::kUint8:
      return use(tensor.As<uint8_t>());
    case DataType::kUint16:
      return use(tensor.As<uint16_t>());
    case DataType::kUint32:
      return use(tensor.As<uint32_t>());
    case DataType::kUint64:
      return use(tensor.As<uint64_t>());
    case DataType::kInt8:
      return use(tensor.As<int8_t>());
    case DataType::kInt16:
      return use(tensor.As<int16_t>());
    case DataType::kInt32:
      return use(tensor.As<int32_t>());
    case DataType::kInt64:
      return use(tensor.As<int64_t>());
    case DataType::kFp16:
      return use(std::span<const float>(Widened<WidenFp16>(tensor)));
    case DataType::kBf16:
      return use(std::span<const float>(Widened<WidenBf16>(tensor)));
    case DataType::kFp32:
      return use(tensor.As<float>());
    case DataType::kFp64:
      return use(tensor.As<double>());
    case DataType::kBool:
    case DataType::kBytes:
      return;
  }
}

Buffer InPool(const std::vector<std::byte>& data, MemoryPool& pool) {
  if (data.empty()) return {};
  Buffer buffer = Buffer::Take(pool, data.size());
  std::memcpy(buffer.mutable_data(), data.data(), data.size());
  return buffer;
}

}  // namespace

bool CanClassify(DataType type) {
  return type != DataType::kBool && type != DataType::kBytes;
}

Status CheckClassesTogether(int64_t classes) {
  if (classes <= kMaxClassesTogether) return {};
  return InvalidArgument("classification: expected at most " + std::to_string(kMaxClassesTogether) +
                         " classes of all rows and outputs together, found " + std::to_string(classes));
}

Result<Tensor> Classifier::Classify(const Tensor& output, uint64_t most, bool rows,
                                    const std::vector<std::string>* labels) {
  if (!CanClassify(output.type)) {
    return InvalidArgument("classification: expected an output of numbers, found " + std::string(Name(output.type)));
  }
  if (ByteSize(output.type, output.shape) != output.data.size()) {
    return Internal("a tensor of " + std::string(Name(output.type)) + " " + output.shape.ToString() + " has " +
                    std::to_string(output.data.size()) + " bytes");
  }
  const bool has_rows = rows && output.shape.rank() > 0;
  const Shape row = has_rows ? output.shape.Inner() : output.shape;
  const int64_t row_elements = row.ElementCount().value_or(kMaxClasses + 1);
  if (row_elements > kMaxClasses) {
    return InvalidArgument("classification: expected at most " + std::to_string(kMaxClasses) +
                           " elements in a row, found " + output.shape.ToString());
  }
  const auto kept = static_cast<int64_t>(std::min(most, static_cast<uint64_t>(row_elements)));
  const Shape shape = has_rows ? Shape{output.shape[0], kept} : Shape{kept};
  const int64_t classes = shape.ElementCount().value_or(0);  // no more than elements, which are there
  classes_ += classes;
  RETURN_IF_ERROR(CheckClassesTogether(classes_));
  std::vector<std::byte> data;
  constexpr size_t kLikelyBytes = 24;  // of a class
  data.reserve(static_cast<size_t>(classes) * kLikelyBytes);
  WithValues(output, [&](const auto& values) {
    const Row size{.elements = static_cast<size_t>(row_elements), .most = static_cast<size_t>(kept)};
    AppendClasses(data, values, size, labels, bytes_left_);
  });
  if (data.size() > bytes_left_) {
    return InvalidArgument("classification: expected at most " + std::to_string(kMaxClassBytesTogether) +
                           " bytes of classes of all outputs together, found more");
  }
  bytes_left_ -= data.size();
  return Tensor{.type = DataType::kBytes, .shape = shape, .data = InPool(data, pool_)};
}

}  // namespace trireme::kserve
