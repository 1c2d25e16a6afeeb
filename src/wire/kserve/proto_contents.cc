// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/proto_contents.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "codec/proto_wire.h"
#include "wire/kserve/proto_fields.h"

namespace trireme::kserve {
namespace {

using Type = ProtoField::Type;

// A field of InferTensorContents.
struct ContentsField {
  int number = 0;
  std::string_view name;
  Type element = Type::kVarint;  // one element on the wire
};

constexpr ContentsField kFields[] = {{},
                                     {1, "bool_contents", Type::kVarint},
                                     {2, "int_contents", Type::kVarint},
                                     {3, "int64_contents", Type::kVarint},
                                     {4, "uint_contents", Type::kVarint},
                                     {5, "uint64_contents", Type::kVarint},
                                     {6, "fp32_contents", Type::kFixed32},
                                     {7, "fp64_contents", Type::kFixed64},
                                     {8, "bytes_contents", Type::kBytes}};

// The field of a type, or nothing: half floats have none.
const ContentsField* FieldOf(DataType type) {
  switch (type) {
    case DataType::kBool:
      return &kFields[1];
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
      return &kFields[2];
    case DataType::kInt64:
      return &kFields[3];
    case DataType::kUint8:
    case DataType::kUint16:
    case DataType::kUint32:
      return &kFields[4];
    case DataType::kUint64:
      return &kFields[5];
    case DataType::kFp32:
      return &kFields[6];
    case DataType::kFp64:
      return &kFields[7];
    case DataType::kBytes:
      return &kFields[8];
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return nullptr;
}

bool IsContentsField(int number) {
  return number >= 1 && number < static_cast<int>(std::size(kFields));
}

// Whether the field holds elements: a packed one may hold none.
bool HasElements(const ProtoField& field) {
  if (!IsContentsField(field.number)) return false;
  return field.type != Type::kBytes || !field.bytes.empty() || kFields[field.number].element == Type::kBytes;
}

// Calls read(field) for every field with elements.
template <typename Read>
Status ForEachField(ProtoContents contents, const Place& place, Read read) {
  for (const std::string_view part : contents) {
    RETURN_IF_ERROR(ReadProtoMessage(
        part, place, [&](const ProtoField& field) { return HasElements(field) ? read(field) : Status(); }));
  }
  return {};
}

size_t FixedBytes(Type element) {
  return element == Type::kFixed32 ? sizeof(uint32_t) : sizeof(uint64_t);
}

// How many elements a field has, whose bytes may be anything yet.
Result<size_t> CountElements(const ProtoField& field, const ContentsField& wanted, const Place& place) {
  if (field.type == wanted.element) return 1;
  if (field.type != Type::kBytes) {
    return Place(wanted.name, &place).Wrong("a list of elements", NameOfType(field.type));
  }
  if (wanted.element == Type::kVarint) {
    const auto is_last = [](char byte) { return static_cast<uint8_t>(byte) < 0x80; };
    return static_cast<size_t>(std::count_if(field.bytes.begin(), field.bytes.end(), is_last));
  }
  const size_t bytes = FixedBytes(wanted.element);
  if (field.bytes.size() % bytes == 0) return field.bytes.size() / bytes;
  return Place(wanted.name, &place)
      .Wrong("a multiple of " + std::to_string(bytes) + " bytes", std::to_string(field.bytes.size()));
}

struct Counted {
  size_t elements = 0;
  uint64_t string_bytes = 0;
};

Result<Counted> Count(ProtoContents contents, DataType type, const ContentsField& wanted, const Place& place) {
  Counted counted;
  RETURN_IF_ERROR(ForEachField(contents, place, [&](const ProtoField& field) -> Status {
    if (field.number != wanted.number) {
      return place.Wrong(std::string(wanted.name) + " for " + std::string(Name(type)), kFields[field.number].name);
    }
    ASSIGN_OR_RETURN(const size_t elements, CountElements(field, wanted, place));
    counted.elements += elements;
    counted.string_bytes += field.bytes.size();
    return {};
  }));
  return counted;
}

// What is read, one element after the other, into memory for all of them.
template <typename T>
class ElementWriter {
 public:
  ElementWriter(std::span<T> to, DataType type, const Place& place) : to_(to.data()), type_(type), place_(place) {
    begin_ = to_;
  }

  // On the wire, integers of all types look the same.
  Status AddVarint(uint64_t value) {
    if (!Fits(value)) return OutOfRange(value);
    Add(value);
    return {};
  }

  Status AddVarints(std::string_view packed) {
    while (!packed.empty()) {
      auto value = uint64_t{static_cast<uint8_t>(packed.front())};
      if (value < 0x80) {
        packed.remove_prefix(1);
      } else {
        const std::optional<uint64_t> long_value = TakeVarint(packed);
        if (!long_value)
          return InvalidArgument(Element() + ": expected an integer, found one that is cut off or too long");
        value = *long_value;
      }
      if (!Fits(value)) return OutOfRange(value);
      Add(value);
    }
    return {};
  }

  void AddFixed(std::string_view elements) {
    std::memcpy(to_, elements.data(), elements.size());
    to_ += elements.size() / sizeof(T);
  }

 private:
  static bool Fits(uint64_t value) {
    if constexpr (std::is_same_v<T, bool>) return true;
    if constexpr (std::is_signed_v<T>) {
      const auto number = static_cast<int64_t>(value);
      return number >= std::numeric_limits<T>::min() && number <= std::numeric_limits<T>::max();
    }
    return value <= std::numeric_limits<T>::max();
  }

  void Add(uint64_t value) {
    if constexpr (std::is_same_v<T, bool>) {
      *to_++ = value != 0;
    } else {
      *to_++ = static_cast<T>(value);
    }
  }

  Status OutOfRange(uint64_t value) const {
    const std::string found = std::is_signed_v<T> ? std::to_string(static_cast<int64_t>(value)) : std::to_string(value);
    return InvalidArgument(Element() + ": expected an integer from " + std::to_string(std::numeric_limits<T>::min()) +
                           " to " + std::to_string(std::numeric_limits<T>::max()) + ", found " + found);
  }

  std::string Element() const {
    return place_.text() + ": element " + std::to_string(to_ - begin_) + " (" + std::string(Name(type_)) + ")";
  }

  T* begin_;
  T* to_;
  const DataType type_;
  const Place& place_;
};

template <typename T>
Status FillNumbers(ProtoContents contents, Tensor& tensor, const Place& place) {
  ElementWriter<T> writer(tensor.MutableAs<T>(), tensor.type, place);
  return ForEachField(contents, place, [&](const ProtoField& field) -> Status {
    if constexpr (std::is_floating_point_v<T>) {
      if (field.type == Type::kBytes) {
        writer.AddFixed(field.bytes);
      } else {
        writer.AddFixed({reinterpret_cast<const char*>(&field.value), sizeof(T)});
      }
      return {};
    } else {
      return field.type == Type::kBytes ? writer.AddVarints(field.bytes) : writer.AddVarint(field.value);
    }
  });
}

Status Fill(ProtoContents contents, Tensor& tensor, const Place& place) {
  switch (tensor.type) {
    case DataType::kBool:
      return FillNumbers<bool>(contents, tensor, place);
    case DataType::kUint8:
      return FillNumbers<uint8_t>(contents, tensor, place);
    case DataType::kUint16:
      return FillNumbers<uint16_t>(contents, tensor, place);
    case DataType::kUint32:
      return FillNumbers<uint32_t>(contents, tensor, place);
    case DataType::kUint64:
      return FillNumbers<uint64_t>(contents, tensor, place);
    case DataType::kInt8:
      return FillNumbers<int8_t>(contents, tensor, place);
    case DataType::kInt16:
      return FillNumbers<int16_t>(contents, tensor, place);
    case DataType::kInt32:
      return FillNumbers<int32_t>(contents, tensor, place);
    case DataType::kInt64:
      return FillNumbers<int64_t>(contents, tensor, place);
    case DataType::kFp32:
      return FillNumbers<float>(contents, tensor, place);
    case DataType::kFp64:
      return FillNumbers<double>(contents, tensor, place);
    case DataType::kFp16:
    case DataType::kBf16:
    case DataType::kBytes:
      break;
  }
  CHECK(false);
}

std::string Elements(size_t count) {
  return std::to_string(count) + (count == 1 ? " element" : " elements");
}

// Strings, as length-prefixed elements (tensor/tensor.h).
Result<Tensor> ReadStrings(ProtoContents contents, const Counted& counted, const Shape& shape, const Place& place,
                           MemoryPool& pool) {
  if (counted.string_bytes > std::numeric_limits<uint32_t>::max()) {
    return place.Wrong("less than 4 GiB of strings", std::to_string(counted.string_bytes) + " bytes");
  }
  Buffer buffer = Buffer::Take(pool, counted.string_bytes + counted.elements * sizeof(uint32_t));
  std::byte* to = buffer.mutable_data();
  RETURN_IF_ERROR(ForEachField(contents, place, [&](const ProtoField& field) -> Status {
    const auto length = static_cast<uint32_t>(field.bytes.size());
    std::memcpy(to, &length, sizeof length);
    to += sizeof length;
    if (length > 0) std::memcpy(to, field.bytes.data(), length);
    to += length;
    return {};
  }));
  return Tensor{.type = DataType::kBytes, .shape = shape, .data = std::move(buffer)};
}

}  // namespace

bool IsEmptyContents(ProtoContents contents) {
  const auto has_elements = [](std::string_view part) {
    ProtoReader reader(part);
    while (const auto field = reader.Next()) {
      if (HasElements(*field)) return true;
    }
    return reader.malformed();  // it says something, though nobody knows what
  };
  return std::none_of(contents.begin(), contents.end(), has_elements);
}

Result<Tensor> ReadProtoContents(ProtoContents contents, DataType type, const Shape& shape, const Place& place,
                                 MemoryPool& pool) {
  const ContentsField* field = FieldOf(type);
  if (field == nullptr) return place.Wrong(std::string(Name(type)) + " in raw contents alone", "typed contents");
  ASSIGN_OR_RETURN(const Counted counted, Count(contents, type, *field, place));
  const auto expected = static_cast<size_t>(shape.ElementCount().value_or(-1));
  if (counted.elements != expected) {
    return place.Wrong(Elements(expected) + " for shape " + shape.ToString(), std::to_string(counted.elements));
  }
  if (type == DataType::kBytes) return ReadStrings(contents, counted, shape, place, pool);
  Tensor tensor = MakeTensor(pool, type, shape);
  RETURN_IF_ERROR(Fill(contents, tensor, place));
  return tensor;
}

}  // namespace trireme::kserve
