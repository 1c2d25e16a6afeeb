// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/nested_values.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/excerpt.h"
#include "codec/base64.h"
#include "codec/small_float.h"
#include "wire/tfserving/data_types.h"

namespace trireme::tfserving {
namespace {

using Kind = JsonCursor::Kind;

constexpr size_t kMostShown = 256;
constexpr size_t kLeastBytes = 4096;  // that the pool gives

std::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kObject:
      return "Object";
    case Kind::kArray:
      return "Array";
    case Kind::kString:
      return "String";
    case Kind::kNumber:
    case Kind::kOther:  // NaN and its like
      return "Number";
    case Kind::kBool:
      return "Bool";
    case Kind::kNull:
      return "Null";
  }
  return "";
}

// Memory that grows as it is filled, element by element.
class GrowingBuffer {
 public:
  GrowingBuffer(MemoryPool& pool, size_t first_bytes) : pool_(pool), first_bytes_(std::max(first_bytes, kLeastBytes)) {}

  // Room for `least` bytes at least; no more will ever be needed than `most`, of which the text knows.
  std::span<std::byte> Room(size_t least, size_t most) {
    if (buffer_.size() - used_ < least) {
      const size_t wanted = std::clamp(std::max(2 * buffer_.size(), first_bytes_), used_ + least, used_ + most);
      Buffer larger = Buffer::Take(pool_, wanted);
      if (used_ > 0) std::memcpy(larger.mutable_data(), buffer_.data(), used_);
      buffer_ = std::move(larger);
    }
    return {buffer_.mutable_data() + used_, buffer_.size() - used_};
  }
  void Use(size_t bytes) { used_ += bytes; }
  Buffer Take() { return buffer_.Slice(0, used_); }

 private:
  MemoryPool& pool_;
  const size_t first_bytes_;
  Buffer buffer_;
  size_t used_ = 0;
};

// A row of elements, as far as the signature tells, and one more: where a row ends is only seen behind it.
size_t ExpectedElements(const TensorSpec& input) {
  constexpr int64_t kMostExpected = int64_t{1} << 24;
  int64_t elements = 1;
  for (const int64_t dim : input.shape) {
    if (dim > 0 && dim < kMostExpected) elements = std::min(elements * dim, kMostExpected);
  }
  return static_cast<size_t>(elements) + 1;
}

// An element takes two letters at least: itself, and a comma or bracket.
size_t MostElements(const JsonCursor& json) {
  return json.bytes_left() / 2 + 1;
}

Status ListTooDeep(size_t level, int rank) {
  return InvalidArgument("Encountered list at unexpected level: " + std::to_string(level) + " expected < " +
                         std::to_string(rank));
}

Status ObjectAmongValues(int64_t item) {
  return InvalidArgument("Expecting value/list but got object at item " + std::to_string(item) + " of input list");
}

}  // namespace

// Where the elements go, in the order of the text.
class NestedValues::Elements {
 public:
  virtual ~Elements() = default;
  // Those of the array that was entered, up to its end or to the first that does not fit; how many there were.
  virtual size_t ReadRow(JsonCursor& json) = 0;
  virtual bool ReadOne(JsonCursor& json) = 0;
  virtual Buffer Take() = 0;
};

template <typename T>
class NestedValues::Numbers final : public Elements {
 public:
  Numbers(const TensorSpec& input, MemoryPool& pool) : buffer_(pool, ExpectedElements(input) * sizeof(T)) {}

  size_t ReadRow(JsonCursor& json) override {
    size_t count = 0;
    for (;;) {
      const std::span<T> room = Room(json);
      const size_t read = json.ReadNumbers(room, NonFinite::kAccept);
      buffer_.Use(read * sizeof(T));
      count += read;
      if (read < room.size()) return count;
    }
  }
  bool ReadOne(JsonCursor& json) override {
    const std::optional<T> value = json.ReadAs<T>(NonFinite::kAccept);
    if (!value) return false;
    Room(json).front() = *value;
    buffer_.Use(sizeof(T));
    return true;
  }
  Buffer Take() override { return buffer_.Take(); }

 private:
  std::span<T> Room(const JsonCursor& json) {
    const std::span<std::byte> room = buffer_.Room(sizeof(T), MostElements(json) * sizeof(T));
    return {reinterpret_cast<T*>(room.data()), room.size() / sizeof(T)};
  }

  GrowingBuffer buffer_;
};

class NestedValues::Bools final : public Elements {
 public:
  Bools(const TensorSpec& input, MemoryPool& pool) : buffer_(pool, ExpectedElements(input)) {}

  size_t ReadRow(JsonCursor& json) override {
    size_t count = 0;
    while (json.NextElement() && ReadOne(json)) ++count;
    return count;
  }
  bool ReadOne(JsonCursor& json) override {
    const std::optional<bool> value = json.ReadBool();
    if (!value) return false;
    buffer_.Room(1, MostElements(json)).front() = static_cast<std::byte>(*value);
    buffer_.Use(1);
    return true;
  }
  Buffer Take() override { return buffer_.Take(); }

 private:
  GrowingBuffer buffer_;
};

// By way of the nearest double.
template <uint16_t (*kNarrow)(double), float (*kWiden)(uint16_t)>
class NestedValues::SmallFloats final : public Elements {
 public:
  SmallFloats(const TensorSpec& input, MemoryPool& pool) : buffer_(pool, ExpectedElements(input) * sizeof(uint16_t)) {}

  size_t ReadRow(JsonCursor& json) override {
    size_t count = 0;
    while (json.NextElement() && ReadOne(json)) ++count;
    return count;
  }
  bool ReadOne(JsonCursor& json) override {
    json.Peek();
    const size_t at = json.offset();
    const std::optional<double> value = json.ReadDouble(NonFinite::kAccept);
    if (!value) return false;
    const uint16_t bits = kNarrow(*value);
    if (std::isinf(kWiden(bits)) && !std::isinf(*value)) {
      json.Refuse(at, "a number that is not beyond the type's largest");
      return false;
    }
    std::memcpy(buffer_.Room(sizeof bits, MostElements(json) * sizeof bits).data(), &bits, sizeof bits);
    buffer_.Use(sizeof bits);
    return true;
  }
  Buffer Take() override { return buffer_.Take(); }

 private:
  GrowingBuffer buffer_;
};

// As length-prefixed elements (tensor/tensor.h).
class NestedValues::Strings final : public Elements {
 public:
  explicit Strings(MemoryPool& pool) : buffer_(pool, kLeastBytes) {}

  size_t ReadRow(JsonCursor& json) override {
    size_t count = 0;
    while (json.NextElement() && ReadOne(json)) ++count;
    return count;
  }
  bool ReadOne(JsonCursor& json) override {
    if (json.Peek() == Kind::kObject) return ReadCoded(json);
    const std::optional<std::string_view> text = json.ReadString();
    if (!text) return false;
    return Append(json, *text);
  }
  Buffer Take() override { return buffer_.Take(); }

 private:
  bool ReadCoded(JsonCursor& json) {
    const size_t at = json.offset();
    if (!json.EnterObject()) return false;
    const std::optional<std::string_view> key = json.NextKey();
    if (!key || *key != "b64" || json.Peek() != Kind::kString) {
      json.Refuse(at, "a string, or an object with a string for its one key 'b64'");
      return false;
    }
    const size_t text_at = json.offset();
    const std::optional<std::string_view> text = json.ReadString();
    if (!text) return false;
    const Result<std::string> bytes = DecodeLaxBase64(*text);
    if (!bytes.ok()) {
      json.Refuse(text_at, kBase64);
      return false;
    }
    if (json.NextKey()) json.Refuse(at, "an object with one key, 'b64'");
    return json.ok() && Append(json, *bytes);
  }

  bool Append(const JsonCursor& json, std::string_view element) {
    const auto length = static_cast<uint32_t>(element.size());
    const size_t bytes = sizeof length + element.size();
    // Three letters a string at least, and its length takes four bytes; what it says is no longer than its text.
    std::byte* const to = buffer_.Room(bytes, bytes + 3 * json.bytes_left()).data();
    std::memcpy(to, &length, sizeof length);
    if (length > 0) std::memcpy(to + sizeof length, element.data(), length);
    buffer_.Use(bytes);
    return true;
  }

  static constexpr std::string_view kBase64 = "Base64";
  GrowingBuffer buffer_;
};

std::unique_ptr<NestedValues::Elements> NestedValues::MakeElements(const TensorSpec& input, MemoryPool& pool) {
  switch (input.type) {
    case DataType::kBool:
      return std::make_unique<Bools>(input, pool);
    case DataType::kUint8:
      return std::make_unique<Numbers<uint8_t>>(input, pool);
    case DataType::kUint16:
      return std::make_unique<Numbers<uint16_t>>(input, pool);
    case DataType::kUint32:
      return std::make_unique<Numbers<uint32_t>>(input, pool);
    case DataType::kUint64:
      return std::make_unique<Numbers<uint64_t>>(input, pool);
    case DataType::kInt8:
      return std::make_unique<Numbers<int8_t>>(input, pool);
    case DataType::kInt16:
      return std::make_unique<Numbers<int16_t>>(input, pool);
    case DataType::kInt32:
      return std::make_unique<Numbers<int32_t>>(input, pool);
    case DataType::kInt64:
      return std::make_unique<Numbers<int64_t>>(input, pool);
    case DataType::kFp16:
      return std::make_unique<SmallFloats<NarrowToFp16, WidenFp16>>(input, pool);
    case DataType::kBf16:
      return std::make_unique<SmallFloats<NarrowToBf16, WidenBf16>>(input, pool);
    case DataType::kFp32:
      return std::make_unique<Numbers<float>>(input, pool);
    case DataType::kFp64:
      return std::make_unique<Numbers<double>>(input, pool);
    case DataType::kBytes:
      return std::make_unique<Strings>(pool);
  }
  CHECK(false);
}

std::string ValueText(JsonCursor at_value) {
  at_value.Peek();
  const size_t begin = at_value.offset();
  const std::string_view text = at_value.TextFrom(begin);
  if (!at_value.Skip(NonFinite::kAccept)) return "the rest of the document";
  const std::string_view value = text.substr(0, at_value.offset() - begin);
  if (value.size() <= kMostShown) return std::string(value);
  size_t cut = kMostShown;
  while (cut > 0 && (static_cast<uint8_t>(value[cut]) & 0xC0) == 0x80) --cut;  // between characters
  return std::string(value.substr(0, cut)) + "...";
}

Status NoJson(const JsonCursor& json) {
  return InvalidArgument("JSON Parse error: " + json.status().message());
}

NestedValues::NestedValues(const TensorSpec& input, MemoryPool& pool)
    : input_(input), elements_(MakeElements(input, pool)) {}
NestedValues::~NestedValues() = default;
NestedValues::NestedValues(NestedValues&&) noexcept = default;

Shape NestedValues::Found::shape() const {
  Shape shape;
  for (int i = 0; i < rank; ++i) (void)shape.Append(std::max<int64_t>(dims.at(static_cast<size_t>(i)), 0));
  return shape;
}

Status NestedValues::ReadWhole(JsonCursor& json) {
  return ReadValue(json, 0);
}

Status NestedValues::ReadRow(JsonCursor& json) {
  found_ = {};
  RETURN_IF_ERROR(ReadValue(json, 0));
  const Shape shape = found_.shape();
  if (shape.rank() == Shape::kMaxRank) {
    return InvalidArgument("expected at most " + std::to_string(Shape::kMaxRank - 1) +
                           " arrays in one another in a row, found more");
  }
  if (rows_ < 0) row_ = shape;
  rows_ = std::max<int64_t>(rows_, 0) + 1;
  if (shape == row_) return {};
  const int64_t expected = row_.ElementCount().value_or(0);
  const int64_t size = shape.ElementCount().value_or(0);
  if (size == expected) return InvalidArgument("Expecting shape " + row_.ToString() + " but got: " + shape.ToString());
  return InvalidArgument("Expecting tensor size: " + std::to_string(expected) + " but got: " + std::to_string(size));
}

Status NestedValues::ReadRows(JsonCursor& json) {
  json.Peek();
  const size_t offset = json.offset();
  if (!json.EnterArray()) return NoJson(json);
  if (json.Peek() != Kind::kArray) return ReadElementRows(json, offset);
  for (int64_t i = 0; json.NextElement(); ++i) {
    const bool is_object = json.Peek() == Kind::kObject;
    if (is_object && input_.type != DataType::kBytes) return ObjectAmongValues(i);
    if (const Status read = ReadRow(json); !read.ok()) {
      return InvalidArgument("Failed to process element: " + std::to_string(i) +
                             " of 'instances' list. Error: INVALID_ARGUMENT: " + read.message());
    }
  }
  return json.ok() ? Status() : NoJson(json);
}

// Rows of one element each are an array of these.
Status NestedValues::ReadElementRows(JsonCursor& json, size_t offset) {
  RETURN_IF_ERROR(ReadLeaf(json, 0, offset));
  row_ = {};
  rows_ = found_.dims[0];
  return {};
}

Tensor NestedValues::Take() {
  const Shape shape = rows_ < 0 ? found_.shape() : row_.WithRows(rows_);
  return {.type = input_.type, .shape = shape, .data = elements_->Take()};
}

// As deep as the rank, which is bounded.
Status NestedValues::ReadValue(JsonCursor& json, size_t level) {
  if (json.Peek() != Kind::kArray) return ReadScalar(json, level);
  const size_t offset = json.offset();
  if (found_.rank >= 0 && level >= static_cast<size_t>(found_.rank)) return ListTooDeep(level, found_.rank);
  if (level == Shape::kMaxRank) {
    return InvalidArgument("expected at most " + std::to_string(Shape::kMaxRank) +
                           " arrays in one another, found more at byte " + std::to_string(offset));
  }
  if (!json.EnterArray()) return NoJson(json);
  const bool may_be_leaf = found_.rank < 0 || level + 1 == static_cast<size_t>(found_.rank);
  if (may_be_leaf && json.Peek() != Kind::kArray) return ReadLeaf(json, level, offset);
  int64_t size = 0;
  while (json.NextElement()) {
    RETURN_IF_ERROR(ReadValue(json, level + 1));
    ++size;
  }
  if (!json.ok()) return NoJson(json);
  return CheckSize(level, size);
}

Status NestedValues::ReadScalar(JsonCursor& json, size_t level) {
  const size_t offset = json.offset();
  if (found_.rank >= 0 && level != static_cast<size_t>(found_.rank)) {
    JsonCursor value = json.At(offset);
    if (!value.Skip(NonFinite::kAccept)) return NoJson(value);
    return InvalidArgument("JSON Value: " + ValueText(json.At(offset)) +
                           " found at incorrect level: " + std::to_string(level) +
                           " in the JSON DOM. Expected at level: " + std::to_string(found_.rank));
  }
  if (!elements_->ReadOne(json)) return WhyNot(json.At(offset), json.status());
  found_.rank = static_cast<int>(level);
  return {};
}

// The array that begins at `offset` has been entered, and has no array in it.
Status NestedValues::ReadLeaf(JsonCursor& json, size_t level, size_t offset) {
  const size_t count = elements_->ReadRow(json);
  if (!json.ok()) {
    JsonCursor again = json.At(offset);
    bool is_there = again.EnterArray() && again.NextElement();
    for (size_t i = 0; i < count && is_there; ++i) is_there = again.Skip(NonFinite::kAccept) && again.NextElement();
    if (is_there && again.Peek() == Kind::kArray) return ListTooDeep(level + 1, static_cast<int>(level + 1));
    return WhyNot(again, json.status());
  }
  found_.rank = static_cast<int>(level + 1);
  return CheckSize(level, static_cast<int64_t>(count));
}

Status NestedValues::CheckSize(size_t level, int64_t size) {
  int64_t& known = found_.dims.at(level);
  if (known < 0) known = size;
  if (known == size) return {};
  return InvalidArgument("Encountered list at unexpected size: " + std::to_string(size) +
                         " at level: " + std::to_string(level) + " expected size: " + std::to_string(known));
}

// An element that is no JSON, or is not what the input takes.
Status NestedValues::WhyNot(JsonCursor at_value, const Status& failure) const {
  const Kind kind = at_value.Peek();
  JsonCursor value = at_value.At(at_value.offset());
  if (!value.Skip(NonFinite::kAccept)) return InvalidArgument("JSON Parse error: " + failure.message());
  const std::string text = "JSON Value: " + ValueText(at_value);
  const bool is_string = input_.type == DataType::kBytes;
  if (is_string && kind == Kind::kObject) {
    if (failure.message().starts_with("expected Base64")) return InvalidArgument("Unable to base64 decode " + text);
    return InvalidArgument(text + " not formatted correctly for base64 data");
  }
  return InvalidArgument(text + " Type: " + std::string(NameOf(kind)) + " is not of expected type: " +
                         std::string(PlainName(input_.type)) + " of input '" + input_.name + "': " + failure.message());
}

}  // namespace trireme::tfserving
