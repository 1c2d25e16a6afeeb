// SPDX-License-Identifier: Apache-2.0
#include "treefile/ubjson_cursor.h"

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdio>
#include <limits>
#include <utility>

#include "base/check.h"

namespace trireme::treefile {
namespace {

// Bytes of a number with this marker; 0: it is no number.
size_t NumberBytes(char marker) {
  switch (marker) {
    case 'i':
    case 'U':
      return 1;
    case 'I':
      return 2;
    case 'l':
    case 'd':
      return 4;
    case 'L':
    case 'D':
      return 8;
    default:
      return 0;
  }
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

std::string Describe(std::string_view rest) {
  if (rest.empty()) return "the end";
  const auto byte = static_cast<uint8_t>(rest.front());
  if (byte > ' ' && byte < 0x7F) return std::string("'") + rest.front() + "'";
  char text[16];
  std::snprintf(text, sizeof text, "byte 0x%02X", byte);
  return text;
}

}  // namespace

UbjsonCursor UbjsonCursor::At(size_t value_offset) const {
  CHECK(value_offset <= bytes_.size());
  UbjsonCursor other(bytes_);
  other.at_ = value_offset;
  return other;
}

void UbjsonCursor::Refuse(size_t value_offset, std::string_view expected) {
  if (!ok()) return;
  status_ = InvalidArgument("expected " + std::string(expected) + ", found " + Describe(bytes_.substr(value_offset)) +
                            " at byte " + std::to_string(value_offset));
  at_ = bytes_.size();  // nothing can be read from here
}

// The marker of the next value, which is not passed; 0: there is none.
char UbjsonCursor::PeekMarker() {
  if (levels_[depth_].type != 0) return levels_[depth_].type;
  while (at_ < bytes_.size() && bytes_[at_] == 'N') ++at_;  // no-operation
  return at_ < bytes_.size() ? bytes_[at_] : '\0';
}

char UbjsonCursor::TakeMarker() {
  const char marker = PeekMarker();
  if (levels_[depth_].type == 0 && at_ < bytes_.size()) ++at_;
  return marker;
}

UbjsonCursor::Kind UbjsonCursor::Peek() {
  switch (const char marker = PeekMarker()) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case 'S':
      return Kind::kString;
    case 'T':
    case 'F':
      return Kind::kBool;
    case 'Z':
      return Kind::kNull;
    default:
      return NumberBytes(marker) > 0 ? Kind::kNumber : Kind::kOther;
  }
}

// The next bytes, or none and a failure if there are not so many.
std::string_view UbjsonCursor::Take(uint64_t bytes) {
  if (bytes > bytes_.size() - at_) {
    Refuse(bytes_.size(), std::to_string(bytes) + " bytes from byte " + std::to_string(at_) + " on");
    return {};
  }
  const std::string_view taken = bytes_.substr(at_, bytes);
  at_ += bytes;
  return taken;
}

std::optional<int64_t> UbjsonCursor::TakeInteger(char marker) {
  const size_t bytes = marker == 'd' || marker == 'D' ? 0 : NumberBytes(marker);
  if (bytes == 0) return std::nullopt;
  const std::string_view taken = Take(bytes);
  if (!ok()) return std::nullopt;
  const uint64_t value = BigEndian(taken);
  if (marker == 'U') return static_cast<int64_t>(value);
  const size_t unused_bits = 64 - 8 * bytes;
  return static_cast<int64_t>(value << unused_bits) >> unused_bits;  // with its sign
}

std::optional<double> UbjsonCursor::TakeNumber(char marker) {
  if (marker == 'd' || marker == 'D') {
    const std::string_view taken = Take(NumberBytes(marker));
    if (!ok()) return std::nullopt;
    const uint64_t bits = BigEndian(taken);
    return marker == 'D' ? std::bit_cast<double>(bits) : std::bit_cast<float>(static_cast<uint32_t>(bits));
  }
  const std::optional<int64_t> value = TakeInteger(marker);
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

std::optional<uint64_t> UbjsonCursor::TakeLength() {
  const size_t begin = at_;
  const char marker = at_ < bytes_.size() ? bytes_[at_++] : '\0';
  const std::optional<int64_t> length = TakeInteger(marker);
  if (!length || *length < 0) {
    Refuse(begin, "a length");
    return std::nullopt;
  }
  return static_cast<uint64_t>(*length);
}

std::optional<std::string_view> UbjsonCursor::TakeText() {
  const std::optional<uint64_t> length = TakeLength();
  if (!length) return std::nullopt;
  const std::string_view text = Take(*length);
  if (!ok()) return std::nullopt;
  return text;
}

bool UbjsonCursor::Enter(Level level) {
  if (depth_ == kMostDepth) {
    Refuse(at_ - 1, "at most " + std::to_string(kMostDepth) + " levels of nesting");
    return false;
  }
  levels_[++depth_] = level;
  return true;
}

bool UbjsonCursor::EnterObject() {
  const size_t begin = at_;
  if (TakeMarker() != '{') {
    Refuse(begin, "an object");
    return false;
  }
  return Enter({.is_object = true});
}

std::optional<std::string_view> UbjsonCursor::NextKey() {
  if (!ok()) return std::nullopt;
  if (PeekMarker() == '}') {
    ++at_;
    Leave();
    return std::nullopt;
  }
  return TakeText();
}

// What follows '[': nothing, a count, or a type and a count.
bool UbjsonCursor::ReadArrayHead(Level& level) {
  const auto next = [this] { return at_ < bytes_.size() ? bytes_[at_] : '\0'; };
  if (next() == '$') {
    ++at_;
    level.type = next();
    if (NumberBytes(level.type) == 0) {
      Refuse(at_, "a type of numbers");
      return false;
    }
    ++at_;
    if (next() != '#') {
      Refuse(at_, "'#' and the number of elements");
      return false;
    }
  }
  if (next() != '#') return true;
  const size_t begin = at_++;
  const std::optional<uint64_t> count = TakeLength();
  if (!count) return false;
  const size_t least_bytes = level.type == 0 ? 1 : NumberBytes(level.type);
  if (*count > (bytes_.size() - at_) / least_bytes) {
    Refuse(begin, "an array of no more elements than the file has room for, which ends " +
                      std::to_string(bytes_.size() - at_) + " bytes later, not of " + std::to_string(*count));
    return false;
  }
  level.is_counted = true;
  level.left = *count;
  return true;
}

bool UbjsonCursor::EnterArray() {
  const size_t begin = at_;
  if (TakeMarker() != '[') {
    Refuse(begin, "an array");
    return false;
  }
  Level level;
  return ReadArrayHead(level) && Enter(level);
}

bool UbjsonCursor::NextElement() {
  if (!ok()) return false;
  Level& level = levels_[depth_];
  if (level.is_counted) {
    if (level.left == 0) {
      Leave();
      return false;
    }
    --level.left;
    return true;
  }
  if (PeekMarker() != ']') return true;
  ++at_;
  Leave();
  return false;
}

std::optional<std::string_view> UbjsonCursor::ReadString() {
  const size_t begin = at_;
  if (TakeMarker() == 'S') return TakeText();
  Refuse(begin, "a string");
  return std::nullopt;
}

std::optional<bool> UbjsonCursor::ReadBool() {
  const size_t begin = at_;
  const char marker = TakeMarker();
  if (marker == 'T' || marker == 'F') return marker == 'T';
  Refuse(begin, "true or false");
  return std::nullopt;
}

std::optional<int64_t> UbjsonCursor::ReadInt64() {
  return ReadAs<int64_t>();
}

template <typename T>
std::optional<T> UbjsonCursor::ReadAs(NonFinite non_finite) {
  const size_t begin = at_;
  const char marker = TakeMarker();
  if constexpr (std::integral<T>) {
    const std::optional<int64_t> value = TakeInteger(marker);
    if (value && std::in_range<T>(*value)) return static_cast<T>(*value);
    Refuse(begin, "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                      std::to_string(std::numeric_limits<T>::max()));
  } else {
    const std::optional<double> value = TakeNumber(marker);
    const bool fits = value && (!std::isfinite(*value) ? non_finite == NonFinite::kAccept
                                                       : std::fabs(*value) <= std::numeric_limits<T>::max());
    if (fits) return static_cast<T>(*value);
    Refuse(begin, "a number that is one and fits");
  }
  return std::nullopt;
}

template <typename T>
size_t UbjsonCursor::ReadNumbers(std::span<T> out, NonFinite non_finite) {
  for (size_t i = 0; i < out.size(); ++i) {
    if (!NextElement()) return i;
    const std::optional<T> value = ReadAs<T>(non_finite);
    if (!value) return i;
    out[i] = *value;
  }
  return out.size();
}

template std::optional<uint8_t> UbjsonCursor::ReadAs(NonFinite);
template std::optional<int32_t> UbjsonCursor::ReadAs(NonFinite);
template std::optional<int64_t> UbjsonCursor::ReadAs(NonFinite);
template std::optional<uint32_t> UbjsonCursor::ReadAs(NonFinite);
template std::optional<float> UbjsonCursor::ReadAs(NonFinite);
template std::optional<double> UbjsonCursor::ReadAs(NonFinite);
template size_t UbjsonCursor::ReadNumbers(std::span<uint8_t>, NonFinite);
template size_t UbjsonCursor::ReadNumbers(std::span<int32_t>, NonFinite);
template size_t UbjsonCursor::ReadNumbers(std::span<int64_t>, NonFinite);
template size_t UbjsonCursor::ReadNumbers(std::span<uint32_t>, NonFinite);
template size_t UbjsonCursor::ReadNumbers(std::span<float>, NonFinite);
template size_t UbjsonCursor::ReadNumbers(std::span<double>, NonFinite);

bool UbjsonCursor::SkipScalar() {
  const size_t begin = at_;
  switch (Peek()) {
    case Kind::kString:
      return ReadString().has_value();
    case Kind::kNumber:
      return TakeNumber(TakeMarker()).has_value();
    case Kind::kBool:
    case Kind::kNull:
      TakeMarker();
      return true;
    default:
      Refuse(begin, "a value");
      return false;
  }
}

bool UbjsonCursor::Skip(NonFinite) {
  const size_t outside = depth_;
  do {
    const Kind kind = Peek();
    if (kind == Kind::kObject || kind == Kind::kArray) {
      if (!(kind == Kind::kObject ? EnterObject() : EnterArray())) return false;
      Level& level = levels_[depth_];
      if (level.type != 0) {  // in one step
        Take(level.left * NumberBytes(level.type));
        level.left = 0;
      }
    } else if (!SkipScalar()) {
      return false;
    }
    while (depth_ > outside && !(levels_[depth_].is_object ? NextKey().has_value() : NextElement())) {
      if (!ok()) return false;
    }
  } while (depth_ > outside);
  return ok();
}

bool UbjsonCursor::Finish() {
  while (at_ < bytes_.size() && bytes_[at_] == 'N') ++at_;
  if (at_ != bytes_.size()) Refuse(at_, "the end of the document");
  return ok();
}

}  // namespace trireme::treefile
