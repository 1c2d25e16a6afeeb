// SPDX-License-Identifier: Apache-2.0
#include "codec/json_cursor.h"

#include <bitset>
#include <concepts>
#include <limits>

#include "base/check.h"
#include "codec/json_found.h"
#include "codec/json_number.h"

namespace trireme {
namespace {

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

JsonCursor::JsonCursor(std::string_view text, size_t max_depth)
    : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), max_depth_(max_depth) {
  CHECK(max_depth <= kMostDepth);
}

JsonCursor JsonCursor::At(size_t value_offset) const {
  JsonCursor other(Between(begin_, end_), max_depth_);
  CHECK(value_offset <= static_cast<size_t>(end_ - begin_));
  other.at_ = begin_ + value_offset;
  return other;
}

bool JsonCursor::TakeWord(std::string_view word) {
  if (!Between(at_, end_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

JsonCursor::Kind JsonCursor::Peek() {
  SkipBlanks();
  if (at_ == end_) return Kind::kOther;
  switch (*at_) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
    case 'f':
      return Kind::kBool;
    case 'n':
      return Kind::kNull;
    default:
      return *at_ == '-' || (*at_ >= '0' && *at_ <= '9') ? Kind::kNumber : Kind::kOther;
  }
}

bool JsonCursor::Enter(char open, std::string_view expected) {
  SkipBlanks();
  if (!Take(open)) {
    Fail(at_, expected);
    return false;
  }
  if (depth_ == max_depth_) {
    Fail(at_ - 1, "at most " + std::to_string(max_depth_) + " levels of nesting");
    return false;
  }
  ++depth_;
  first_ = true;
  return true;
}

bool JsonCursor::Leave() {
  --depth_;
  first_ = false;
  return false;  // no further member or element
}

bool JsonCursor::EnterObject() {
  return Enter('{', "an object");
}
bool JsonCursor::EnterArray() {
  return Enter('[', "an array");
}

std::optional<std::string_view> JsonCursor::NextKey() {
  SkipBlanks();
  if (Take('}')) {
    Leave();
    return std::nullopt;
  }
  if (!first_ && !Take(',')) {
    Fail(at_, "',' or '}'");
    return std::nullopt;
  }
  SkipBlanks();
  if (at_ == end_ || *at_ != '"') {
    Fail(at_, first_ ? "a key or '}'" : "a key");
    return std::nullopt;
  }
  first_ = false;
  const std::optional<std::string_view> key = ReadStringInto(key_);
  if (!key) return std::nullopt;
  SkipBlanks();
  if (!Take(':')) {
    Fail(at_, "':'");
    return std::nullopt;
  }
  return key;
}

bool JsonCursor::NextElement() {
  SkipBlanks();
  if (Take(']')) return Leave();
  if (first_) {
    first_ = false;
    return ok();
  }
  if (Take(',')) return true;
  Fail(at_, "',' or ']'");
  return false;
}

std::optional<bool> JsonCursor::ReadBool() {
  SkipBlanks();
  if (TakeWord("true")) return true;
  if (TakeWord("false")) return false;
  Fail(at_, "true or false");
  return std::nullopt;
}

std::optional<std::string_view> JsonCursor::ReadString() {
  return ReadStringInto(string_);
}

bool JsonCursor::ReadNull() {
  SkipBlanks();
  if (TakeWord("null")) return true;
  Fail(at_, "null");
  return false;
}

std::optional<std::string_view> JsonCursor::ReadNumberText() {
  SkipBlanks();
  const char* begin = at_;
  const char* number_end = JsonNumberEnd(begin, end_);
  if (number_end == nullptr) {
    Fail(begin, "a number");
    return std::nullopt;
  }
  at_ = number_end;
  return Between(begin, number_end);
}

template <typename T>
std::optional<T> JsonCursor::ReadAs(NonFinite non_finite) {
  SkipBlanks();
  const ReadNumber<T> number = ReadJsonNumber<T>(at_, end_);
  if (number.end != nullptr) [[likely]] {
    at_ = number.end;
    return number.value;
  }
  if constexpr (std::floating_point<T>) {
    if (non_finite == NonFinite::kAccept) {
      if (TakeWord("NaN")) return std::numeric_limits<T>::quiet_NaN();
      if (TakeWord("Infinity")) return std::numeric_limits<T>::infinity();
      if (TakeWord("-Infinity")) return -std::numeric_limits<T>::infinity();
    }
  }
  FailNumber<T>(at_);
  return std::nullopt;
}

template <typename T>
void JsonCursor::FailNumber(const char* at) {
  if constexpr (std::integral<T>) {
    Fail(at, "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                 std::to_string(std::numeric_limits<T>::max()));
  } else if (JsonNumberEnd(at, end_) == nullptr) {
    Fail(at, "a number");
  } else {
    Fail(at, sizeof(T) == sizeof(float) ? "a number within 3.4028235e38 of 0"
                                        : "a number within 1.7976931348623157e308 of 0");
  }
}

std::optional<int64_t> JsonCursor::ReadInt64() {
  return ReadAs<int64_t>(NonFinite::kRefuse);
}
std::optional<uint64_t> JsonCursor::ReadUint64() {
  return ReadAs<uint64_t>(NonFinite::kRefuse);
}
std::optional<double> JsonCursor::ReadDouble(NonFinite non_finite) {
  return ReadAs<double>(non_finite);
}

template <typename T>
size_t JsonCursor::ReadNumbers(std::span<T> out, NonFinite non_finite) {
  for (size_t i = 0; i < out.size(); ++i) {
    if (!NextElement()) return i;
    const std::optional<T> value = ReadAs<T>(non_finite);
    if (!value) return i;
    out[i] = *value;
  }
  return out.size();
}

template std::optional<int8_t> JsonCursor::ReadAs(NonFinite);
template std::optional<int16_t> JsonCursor::ReadAs(NonFinite);
template std::optional<int32_t> JsonCursor::ReadAs(NonFinite);
template std::optional<int64_t> JsonCursor::ReadAs(NonFinite);
template std::optional<uint8_t> JsonCursor::ReadAs(NonFinite);
template std::optional<uint16_t> JsonCursor::ReadAs(NonFinite);
template std::optional<uint32_t> JsonCursor::ReadAs(NonFinite);
template std::optional<uint64_t> JsonCursor::ReadAs(NonFinite);
template std::optional<float> JsonCursor::ReadAs(NonFinite);
template std::optional<double> JsonCursor::ReadAs(NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<int8_t>, NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<int16_t>, NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<int32_t>, NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<int64_t>, NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<uint8_t>, NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<uint16_t>, NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<uint32_t>, NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<uint64_t>, NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<float>, NonFinite);
template size_t JsonCursor::ReadNumbers(std::span<double>, NonFinite);

bool JsonCursor::SkipScalar(NonFinite non_finite) {
  switch (Peek()) {
    case Kind::kString:
      return ReadStringInto(string_).has_value();
    case Kind::kBool:
      return ReadBool().has_value();
    case Kind::kNull:
      return ReadNull();
    case Kind::kNumber:
      if (!Between(at_, end_).starts_with("-I")) return ReadNumberText().has_value();
      break;
    default:
      break;
  }
  if (non_finite == NonFinite::kAccept && (TakeWord("NaN") || TakeWord("Infinity") || TakeWord("-Infinity")))
    return true;
  Fail(at_, "a value");
  return false;
}

bool JsonCursor::Skip(NonFinite non_finite) {
  const size_t outside = depth_;
  std::bitset<kMostDepth + 1> is_object;  // of each level inside
  do {
    const Kind kind = Peek();
    if (kind == Kind::kObject || kind == Kind::kArray) {
      if (!(kind == Kind::kObject ? EnterObject() : EnterArray())) return false;
      is_object.set(depth_, kind == Kind::kObject);
    } else if (!SkipScalar(non_finite)) {
      return false;
    }
    // On to the next value inside, out of everything that ends here.
    while (depth_ > outside && !(is_object[depth_] ? NextKey().has_value() : NextElement())) {
      if (!ok()) return false;
    }
  } while (depth_ > outside);
  return true;
}

bool JsonCursor::Finish() {
  SkipBlanks();
  if (at_ != end_) Fail(at_, "the end of the document");
  return ok();
}

void JsonCursor::Refuse(size_t value_offset, std::string_view expected) {
  Fail(begin_ + value_offset, expected);
}

void JsonCursor::Fail(const char* at, std::string_view expected) {
  FailWith(at, expected, DescribeJson(Between(at, end_)));
}

void JsonCursor::FailByte(const char* at, std::string_view expected) {
  FailWith(at, expected, DescribeByte(Between(at, end_)));
}

void JsonCursor::FailWith(const char* at, std::string_view expected, std::string_view found) {
  if (!ok()) return;
  std::string message = "expected ";
  message += expected;
  message += ", found ";
  message += found;
  message += " at byte " + std::to_string(at - begin_);
  status_ = InvalidArgument(std::move(message));
  at_ = end_;  // nothing can be read from here
}

}  // namespace trireme
