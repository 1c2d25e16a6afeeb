// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/literal.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "backends/tensorflow/message.h"
#include "tensor/shape.h"

namespace trireme::tensorflow {
namespace {

constexpr std::string_view kWhere = "a TensorProto";
constexpr size_t kMostListedBytes = 128 << 20;  // of numbers that are written one by one, and take more here
constexpr std::string_view kShapeWhere = "a TensorShapeProto";

// The fields of a TensorProto that matter here.
namespace field {
constexpr int kType = 1, kShape = 2, kContent = 4, kFloat = 5, kDouble = 6, kInt = 7, kString = 8, kInt64 = 10;
constexpr int kBool = 11, kHalf = 13, kUint32 = 16, kUint64 = 17;
}  // namespace field

// A TensorProto as it is written.
struct Written {
  TfType type = TfType::kInvalid;
  Dims dims;
  std::string_view content;
  std::string fixed;              // of float_val and double_val, little-endian
  std::vector<int64_t> integers;  // of the other lists
  std::vector<std::string> strings;
};

template <typename T>
void AppendBits(std::string& to, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  to.append(bytes, sizeof(T));
}

Status ReadFixed(const ProtoField& from, size_t width, std::string& to) {
  if (from.type == ProtoField::Type::kFixed32 && width == 4) {
    AppendBits(to, static_cast<uint32_t>(from.value));
  } else if (from.type == ProtoField::Type::kFixed64 && width == 8) {
    AppendBits(to, from.value);
  } else if (from.type == ProtoField::Type::kBytes && from.bytes.size() % width == 0) {
    to.append(from.bytes);
  } else {
    return Malformed(kWhere);
  }
  return {};
}

Result<Written> ReadFields(std::string_view message) {
  Written written;
  RETURN_IF_ERROR(ForEachField(message, kWhere, [&](const ProtoField& at) -> Status {
    switch (at.number) {
      case field::kType:
        written.type = static_cast<TfType>(at.value);
        return {};
      case field::kShape: {
        ASSIGN_OR_RETURN(const std::optional<Dims> dims, ReadShape(at.bytes));
        if (!dims) return InvalidArgument("a constant does not say how many dimensions it has");
        written.dims = *dims;
        return {};
      }
      case field::kContent:
        written.content = at.bytes;
        return {};
      case field::kFloat:
        return ReadFixed(at, 4, written.fixed);
      case field::kDouble:
        return ReadFixed(at, 8, written.fixed);
      case field::kString:
        written.strings.emplace_back(at.bytes);
        return {};
      case field::kInt:
      case field::kInt64:
      case field::kBool:
      case field::kHalf:
      case field::kUint32:
      case field::kUint64:
        if (at.bytes.size() > kMostListedBytes || written.integers.size() > kMostListedBytes) {
          return TooLarge("a constant is a list of more than " + std::to_string(kMostListedBytes) + " numbers");
        }
        return AppendVarints(at, kWhere, written.integers);
      default:
        return {};
    }
  }));
  return written;
}

template <typename T>
bool AllFit(const std::vector<int64_t>& values, int64_t& wrong) {
  const auto found = std::ranges::find_if(values, [](int64_t value) { return !std::in_range<T>(value); });
  if (found != values.end()) wrong = *found;
  return found == values.end();
}

// Numbers that are listed may be larger than their type has room for.
Status CheckRange(const std::vector<int64_t>& values, TfType tf_type, ElementType type) {
  int64_t wrong = 0;
  const auto fits = [&] {
    switch (type) {
      case ElementType::kBool: {
        const auto found = std::ranges::find_if(values, [](int64_t value) { return value != 0 && value != 1; });
        if (found != values.end()) wrong = *found;
        return found == values.end();
      }
      case ElementType::kUint8:
        return AllFit<uint8_t>(values, wrong);
      case ElementType::kInt8:
        return AllFit<int8_t>(values, wrong);
      case ElementType::kInt16:
        return AllFit<int16_t>(values, wrong);
      case ElementType::kUint16:
      case ElementType::kFloat16:  // bit patterns
      case ElementType::kBfloat16:
        return AllFit<uint16_t>(values, wrong);
      case ElementType::kInt32:
        return AllFit<int32_t>(values, wrong);
      case ElementType::kUint32:
        return AllFit<uint32_t>(values, wrong);
      default:
        return true;
    }
  };
  if (fits()) return {};
  return InvalidArgument("a constant of " + NameOf(tf_type) + " has the value " + std::to_string(wrong) +
                         ", which that type has no room for");
}

// What the lists hold, as bytes of the elements' type.
std::string PackedBytes(Written written, ElementType type, uint64_t width) {
  if (type == ElementType::kFloat || type == ElementType::kDouble) return std::move(written.fixed);
  std::string bytes;
  bytes.reserve(written.integers.size() * width);
  for (const int64_t value : written.integers) {
    bytes.append(reinterpret_cast<const char*>(&value), width);  // little-endian: the low bytes stand first
  }
  return bytes;
}

Status WrongCount(uint64_t expected, uint64_t found) {
  return InvalidArgument("a constant has " + std::to_string(found) + " elements, and its shape asks for " +
                         std::to_string(expected));
}

// Repeats the last element, or zero, until there are `bytes`.
Status Pad(std::string& elements, uint64_t width, uint64_t bytes, uint64_t most_padded_bytes) {
  if (elements.size() > bytes) return WrongCount(bytes / width, elements.size() / width);
  if (elements.size() == bytes) return {};
  if (bytes > most_padded_bytes) {
    return TooLarge("a constant of " + std::to_string(bytes) + " bytes is written as " +
                    std::to_string(elements.size()) + ", more than the " + std::to_string(most_padded_bytes) +
                    " that all such constants may still take");
  }
  const std::string last = elements.empty() ? std::string(width, '\0') : elements.substr(elements.size() - width);
  elements.reserve(bytes);
  while (elements.size() < bytes) elements += last;
  return {};
}

Status PadStrings(std::vector<std::string>& strings, uint64_t count) {
  constexpr uint64_t kMostPadded = 1'000'000;
  if (strings.size() > count) return WrongCount(count, strings.size());
  if (strings.size() == count) return {};
  const std::string last = strings.empty() ? "" : strings.back();
  if (count > kMostPadded || count * last.size() > 64 * kMostPadded) return WrongCount(count, strings.size());
  strings.resize(count, last);
  return {};
}

template <typename T>
std::vector<int64_t> IntegersAs(std::string_view bytes) {
  std::vector<int64_t> values;
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    values.push_back(static_cast<int64_t>(value));
  }
  return values;
}

Result<int64_t> ReadDim(std::string_view message) {
  int64_t size = 0;
  RETURN_IF_ERROR(ForEachField(message, kShapeWhere, [&](const ProtoField& dim) -> Status {
    if (IsVarint(dim, 1)) size = static_cast<int64_t>(dim.value);
    return {};
  }));
  return size;
}

}  // namespace

Result<std::optional<Dims>> ReadShape(std::string_view message) {
  Dims dims;
  bool is_known = true;
  RETURN_IF_ERROR(ForEachField(message, kShapeWhere, [&](const ProtoField& at) -> Status {
    if (IsVarint(at, 3)) is_known = at.value == 0;
    if (!IsBytes(at, 2)) return {};
    ASSIGN_OR_RETURN(const int64_t size, ReadDim(at.bytes));
    if (size < kAnySize || size > kMostDim)
      return InvalidArgument("a shape has a dimension of " + std::to_string(size));
    if (dims.size() >= Shape::kMaxRank) {
      return Unsupported("a shape has more than " + std::to_string(Shape::kMaxRank) + " dimensions");
    }
    dims.push_back(size);
    return {};
  }));
  return is_known ? std::optional<Dims>(std::move(dims)) : std::nullopt;
}

Result<Literal> ReadTensorProto(std::string_view message, uint64_t most_padded_bytes) {
  ASSIGN_OR_RETURN(Written written, ReadFields(message));
  const std::optional<ElementType> type = ToElementType(written.type);
  if (!type) return Unsupported("a constant is of " + NameOf(written.type) + ", which no protocol can carry");
  const std::optional<uint64_t> count = ElementCount(written.dims);
  if (!count) return InvalidArgument("the shape of a constant has an open dimension or is larger than any memory");
  Literal literal{.type = *type, .dims = written.dims, .owned = {}, .borrowed = {}, .strings = {}};
  if (*type == ElementType::kString) {
    literal.strings = std::move(written.strings);
    RETURN_IF_ERROR(PadStrings(literal.strings, *count));
    return literal;
  }
  const uint64_t width = ElementBytes(*type);
  const uint64_t bytes = *count * width;
  if (!written.content.empty()) {
    if (written.content.size() != bytes) return WrongCount(*count, written.content.size() / width);
    const auto is_bool = [](char byte) { return byte == 0 || byte == 1; };
    if (*type == ElementType::kBool && !std::ranges::all_of(written.content, is_bool)) {
      return InvalidArgument("a constant of DT_BOOL has a byte that is neither 0 nor 1");
    }
    literal.borrowed = written.content;
    return literal;
  }
  RETURN_IF_ERROR(CheckRange(written.integers, written.type, *type));
  literal.owned = PackedBytes(std::move(written), *type, width);
  RETURN_IF_ERROR(Pad(literal.owned, width, bytes, most_padded_bytes));
  return literal;
}

std::optional<std::vector<int64_t>> IntegersOf(const Literal& literal, uint64_t most) {
  if (literal.entry || literal.elements() > most) return std::nullopt;
  switch (literal.type) {
    case ElementType::kInt32:
      return IntegersAs<int32_t>(literal.view());
    case ElementType::kInt64:
      return IntegersAs<int64_t>(literal.view());
    case ElementType::kBool:
    case ElementType::kUint8:
      return IntegersAs<uint8_t>(literal.view());
    case ElementType::kInt8:
      return IntegersAs<int8_t>(literal.view());
    case ElementType::kInt16:
      return IntegersAs<int16_t>(literal.view());
    default:
      return std::nullopt;
  }
}

std::optional<double> FirstNumberOf(const Literal& literal) {
  if (literal.entry || literal.elements() == 0) return std::nullopt;
  if (literal.type == ElementType::kFloat) {
    float value = 0;
    std::memcpy(&value, literal.view().data(), sizeof(value));
    return value;
  }
  if (literal.type == ElementType::kDouble) {
    double value = 0;
    std::memcpy(&value, literal.view().data(), sizeof(value));
    return value;
  }
  const auto integers = IntegersOf(literal, 1);
  if (!integers || integers->empty()) return std::nullopt;
  return static_cast<double>(integers->front());
}

Literal IntegerLiteral(ElementType type, Dims dims, const std::vector<int64_t>& elements) {
  Literal literal{.type = type, .dims = std::move(dims), .owned = {}, .borrowed = {}, .strings = {}};
  const size_t width = ElementBytes(type);
  for (const int64_t value : elements) literal.owned.append(reinterpret_cast<const char*>(&value), width);
  return literal;
}

}  // namespace trireme::tensorflow
