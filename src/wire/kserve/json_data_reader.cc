// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "codec/small_float.h"
#include "wire/kserve/json_data.h"

namespace trireme::kserve {
namespace {

// Rows of elements, one behind the other, in the order of the text.
class ElementReader {
 public:
  virtual ~ElementReader() = default;
  // Reads up to `count` elements of the array that was entered; how many there were (JsonCursor::ReadNumbers).
  virtual size_t ReadRow(JsonCursor& json, size_t count) = 0;
};

template <typename T>
class NumberReader final : public ElementReader {
 public:
  explicit NumberReader(std::span<T> to) : to_(to) {}
  size_t ReadRow(JsonCursor& json, size_t count) override {
    const size_t read = json.ReadNumbers(to_.first(count), NonFinite::kAccept);
    to_ = to_.subspan(read);
    return read;
  }

 private:
  std::span<T> to_;
};

// Elements that are read one by one: `read_one` gives nothing where the cursor has failed.
template <typename T, typename ReadOne>
class SingleReader final : public ElementReader {
 public:
  SingleReader(std::span<T> to, ReadOne read_one) : to_(to), read_one_(std::move(read_one)) {}
  size_t ReadRow(JsonCursor& json, size_t count) override {
    for (size_t i = 0; i < count; ++i) {
      if (!json.NextElement()) return i;
      const std::optional<T> value = read_one_(json);
      if (!value) return i;
      to_.front() = *value;
      to_ = to_.subspan(1);
    }
    return count;
  }

 private:
  std::span<T> to_;
  ReadOne read_one_;
};

std::optional<uint8_t> ReadBoolElement(JsonCursor& json) {
  const std::optional<bool> value = json.ReadBool();
  if (!value) return std::nullopt;
  return static_cast<uint8_t>(*value);
}

// By way of the nearest FP64.
template <uint16_t (*kNarrow)(double), float (*kWiden)(uint16_t)>
std::optional<uint16_t> ReadSmallFloat(JsonCursor& json, std::string_view expected) {
  json.Peek();
  const size_t at = json.offset();
  const std::optional<double> value = json.ReadDouble(NonFinite::kAccept);
  if (!value) return std::nullopt;
  const uint16_t bits = kNarrow(*value);
  if (std::isinf(kWiden(bits)) && !std::isinf(*value)) {
    json.Refuse(at, expected);
    return std::nullopt;
  }
  return bits;
}

std::optional<uint16_t> ReadFp16Element(JsonCursor& json) {
  return ReadSmallFloat<NarrowToFp16, WidenFp16>(json, "a number within 65504 of 0");
}

std::optional<uint16_t> ReadBf16Element(JsonCursor& json) {
  return ReadSmallFloat<NarrowToBf16, WidenBf16>(json, "a number within 3.3895314e38 of 0");
}

// Strings, as length-prefixed elements (tensor/tensor.h) into memory that is long enough for all of them.
class StringReader final : public ElementReader {
 public:
  explicit StringReader(std::byte* to) : begin_(to), to_(to) {}
  size_t ReadRow(JsonCursor& json, size_t count) override {
    for (size_t i = 0; i < count; ++i) {
      if (!json.NextElement()) return i;
      const std::optional<std::string_view> element = json.ReadString();
      if (!element) return i;
      Append(*element);
    }
    return count;
  }
  size_t bytes() const { return static_cast<size_t>(to_ - begin_); }

 private:
  void Append(std::string_view element) {
    const auto length = static_cast<uint32_t>(element.size());
    std::memcpy(to_, &length, sizeof length);
    to_ += sizeof length;
    if (!element.empty()) std::memcpy(to_, element.data(), element.size());
    to_ += element.size();
  }

  std::byte* begin_;
  std::byte* to_;
};

std::string Elements(size_t count) {
  return std::to_string(count) + (count == 1 ? " element" : " elements");
}

// Walks the array or arrays of one tensor.
class DataWalker {
 public:
  DataWalker(JsonCursor& json, DataType type, const Shape& shape, ElementReader& elements)
      : json_(json), type_(type), shape_(shape), elements_(elements) {}

  Status Walk(size_t count) {
    if (!json_.EnterArray()) return json_.status();
    if (json_.Peek() != JsonCursor::Kind::kArray) return WalkRow(count, "shape ");
    if (shape_.rank() < 2) {
      return InvalidArgument("expected one array for shape " + shape_.ToString() +
                             ", found arrays in an array at byte " + std::to_string(json_.offset()));
    }
    return WalkDimension(0);
  }

 private:
  // The array of this dimension has been entered. As deep as the rank, which is bounded.
  Status WalkDimension(size_t dimension) {
    const std::string of = "dimension " + std::to_string(dimension) + " of shape ";
    const auto size = static_cast<size_t>(shape_[dimension]);
    if (dimension + 1 == shape_.rank()) return WalkRow(size, of);
    for (size_t i = 0; i < size; ++i) {
      if (!json_.NextElement()) return TooFew(i, size, of);
      if (!json_.EnterArray()) return Status(json_.status()).Within(of + shape_.ToString());
      RETURN_IF_ERROR(WalkDimension(dimension + 1));
    }
    return ExpectEnd(size, of);
  }

  Status WalkRow(size_t count, std::string_view of) {
    const size_t read = elements_.ReadRow(json_, count);
    read_ += read;
    if (read < count) return TooFew(read, count, of);
    return ExpectEnd(count, of);
  }

  Status TooFew(size_t found, size_t expected, std::string_view of) const {
    if (!json_.ok()) {
      return Status(json_.status()).Within("element " + std::to_string(read_) + " (" + std::string(Name(type_)) + ")");
    }
    return InvalidArgument(Count(expected, of) + ", found " + std::to_string(found) +
                           " in the array that ends at byte " + std::to_string(json_.offset()));
  }

  Status ExpectEnd(size_t expected, std::string_view of) {
    const bool more = json_.NextElement();
    if (!json_.ok()) return json_.status();
    if (!more) return {};
    return InvalidArgument(Count(expected, of) + ", found more at byte " + std::to_string(json_.offset()));
  }

  std::string Count(size_t expected, std::string_view of) const {
    std::string text = "expected " + Elements(expected) + " for ";
    return text.append(of) + shape_.ToString();
  }

  JsonCursor& json_;
  const DataType type_;
  const Shape& shape_;
  ElementReader& elements_;
  size_t read_ = 0;
};

// Of the arrays that come next, however they lie in one another; nothing if the text is wrong.
std::optional<size_t> CountElements(JsonCursor json) {
  if (json.Peek() != JsonCursor::Kind::kArray || !json.EnterArray()) return std::nullopt;
  size_t count = 0;
  size_t depth = 1;  // bounded by the cursor
  while (depth > 0 && json.ok()) {
    if (!json.NextElement()) {
      depth -= 1;
    } else if (json.Peek() != JsonCursor::Kind::kArray) {
      count += json.Skip(NonFinite::kAccept) ? 1 : 0;
    } else if (json.EnterArray()) {
      depth += 1;
    }
  }
  return json.ok() ? std::optional(count) : std::nullopt;
}

Status CheckRoom(const JsonCursor& json, size_t count, DataType type, const Shape& shape) {
  const size_t least_bytes = type == DataType::kBytes ? 3 : 2;  // an element and its comma or bracket
  if (count <= json.bytes_left() / least_bytes) return {};
  const std::string expected = "expected " + Elements(count) + " for shape " + shape.ToString() + ", found ";
  if (const auto found = CountElements(json.At(json.offset())))
    return InvalidArgument(expected + std::to_string(*found));
  return InvalidArgument(expected + "only " + std::to_string(json.bytes_left()) + " bytes of JSON left");
}

// Room is made for the worst case, which is known from the length of the text: no string grows by being unescaped.
Result<Tensor> ReadStrings(JsonCursor& json, const Shape& shape, size_t count, MemoryPool& pool) {
  JsonCursor ahead = json.At(json.offset());
  if (!ahead.Skip()) return ahead.status();
  const size_t text_bytes = ahead.offset() - json.offset();
  if (text_bytes > std::numeric_limits<uint32_t>::max()) return InvalidArgument("expected less than 4 GiB of strings");
  Buffer buffer = Buffer::Take(pool, text_bytes + count * sizeof(uint32_t));
  StringReader reader(buffer.mutable_data());
  RETURN_IF_ERROR(DataWalker(json, DataType::kBytes, shape, reader).Walk(count));
  return Tensor{.type = DataType::kBytes, .shape = shape, .data = buffer.Slice(0, reader.bytes())};
}

template <typename Reader>
Result<Tensor> ReadWith(JsonCursor& json, Tensor tensor, size_t count, Reader reader) {
  RETURN_IF_ERROR(DataWalker(json, tensor.type, tensor.shape, reader).Walk(count));
  return tensor;
}

template <typename T>
Result<Tensor> ReadNumbers(JsonCursor& json, Tensor tensor, size_t count) {
  const std::span<T> to = tensor.MutableAs<T>();
  return ReadWith(json, std::move(tensor), count, NumberReader<T>(to));
}

template <typename T, typename ReadOne>
Result<Tensor> ReadSingly(JsonCursor& json, Tensor tensor, size_t count, ReadOne read_one) {
  const std::span<T> to = tensor.MutableAs<T>();
  return ReadWith(json, std::move(tensor), count, SingleReader<T, ReadOne>(to, read_one));
}

Result<Tensor> ReadElements(JsonCursor& json, Tensor tensor, size_t count) {
  switch (tensor.type) {
    case DataType::kBool:
      return ReadSingly<uint8_t>(json, std::move(tensor), count, ReadBoolElement);
    case DataType::kUint8:
      return ReadNumbers<uint8_t>(json, std::move(tensor), count);
    case DataType::kUint16:
      return ReadNumbers<uint16_t>(json, std::move(tensor), count);
    case DataType::kUint32:
      return ReadNumbers<uint32_t>(json, std::move(tensor), count);
    case DataType::kUint64:
      return ReadNumbers<uint64_t>(json, std::move(tensor), count);
    case DataType::kInt8:
      return ReadNumbers<int8_t>(json, std::move(tensor), count);
    case DataType::kInt16:
      return ReadNumbers<int16_t>(json, std::move(tensor), count);
    case DataType::kInt32:
      return ReadNumbers<int32_t>(json, std::move(tensor), count);
    case DataType::kInt64:
      return ReadNumbers<int64_t>(json, std::move(tensor), count);
    case DataType::kFp16:
      return ReadSingly<uint16_t>(json, std::move(tensor), count, ReadFp16Element);
    case DataType::kBf16:
      return ReadSingly<uint16_t>(json, std::move(tensor), count, ReadBf16Element);
    case DataType::kFp32:
      return ReadNumbers<float>(json, std::move(tensor), count);
    case DataType::kFp64:
      return ReadNumbers<double>(json, std::move(tensor), count);
    case DataType::kBytes:
      break;
  }
  CHECK(false);
}

}  // namespace

Result<Tensor> ReadJsonData(JsonCursor& json, DataType type, const Shape& shape, MemoryPool& pool) {
  const std::optional<int64_t> elements = shape.ElementCount();
  if (!elements) return InvalidArgument("expected a shape of less than 2^63 elements, found " + shape.ToString());
  json.Peek();
  const auto count = static_cast<size_t>(*elements);
  RETURN_IF_ERROR(CheckRoom(json, count, type, shape));
  if (type == DataType::kBytes) return ReadStrings(json, shape, count, pool);
  // No elements, no memory: a body of many empty tensors would hold a block of the pool for each.
  if (count == 0) return ReadElements(json, {.type = type, .shape = shape, .data = {}}, count);
  return ReadElements(json, MakeTensor(pool, type, shape), count);
}

}  // namespace trireme::kserve
