// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// Whether the tokens NaN, Infinity and -Infinity, which JSON does not have, count as numbers.
enum class NonFinite : uint8_t { kRefuse, kAccept };

// Walks once over a JSON document (RFC 8259, strictly) and hands out what it meets. There is no tree: the reader says
// what it expects next, in the order of the text.
//
//   JsonCursor json(text);
//   if (!json.EnterObject()) return json.status();
//   while (const auto key = json.NextKey()) {
//     if (*key == "rows") {
//       rows = json.ReadInt64();
//     } else {
//       json.Skip();
//     }
//   }
//   json.Finish();
//   return json.status();
//
// The first failure sticks: everything after it fails too, and status() says what was expected, what came and at which
// byte. So a reader may look at ok() late.
//
// Allocates only to unescape strings. Nesting is bounded and nothing recurses. Reads no byte outside the text, which
// must outlive the cursor.
class JsonCursor {
 public:
  static constexpr size_t kMostDepth = 512;

  // `max_depth` is of objects and arrays in one another, at most kMostDepth.
  explicit JsonCursor(std::string_view text, size_t max_depth = 64);

  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }  // OK or kInvalidArgument
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }
  size_t bytes_left() const { return static_cast<size_t>(end_ - at_); }
  // The text from an offset() on, for what is said of a value.
  std::string_view TextFrom(size_t offset) const {
    return {begin_ + offset, static_cast<size_t>(end_ - begin_) - offset};
  }

  // Another cursor over the same text, at a value this one passed: for what can only be read once its neighbours are
  // known. `value_offset` is an offset() at which Peek() was called, and `max_depth` counts from there.
  JsonCursor At(size_t value_offset) const;

  // What the next value is, by its first letter. kOther: no value begins so, or the text ends.
  enum class Kind : uint8_t { kObject, kArray, kString, kNumber, kBool, kNull, kOther };
  Kind Peek();

  // The members of an object: its value must be read or skipped before the next key. Nothing at the end, or where the
  // text is wrong. A key is good until the next key is read.
  [[nodiscard]] bool EnterObject();
  [[nodiscard]] std::optional<std::string_view> NextKey();

  // The elements of an array, in the same way.
  [[nodiscard]] bool EnterArray();
  [[nodiscard]] bool NextElement();

  // A string is good until the next string is read.
  std::optional<std::string_view> ReadString();
  std::optional<bool> ReadBool();
  std::optional<int64_t> ReadInt64();  // 1.0 and 1e0 are no integers
  std::optional<uint64_t> ReadUint64();
  std::optional<double> ReadDouble(NonFinite non_finite = NonFinite::kRefuse);
  bool ReadNull();

  // One number of a type of those that ReadNumbers() takes, by its rules.
  template <typename T>
  std::optional<T> ReadAs(NonFinite non_finite = NonFinite::kRefuse);

  // A number as it is spelled.
  std::optional<std::string_view> ReadNumberText();

  // Reads elements of the array that was entered into `out`, until it is full; returns how many. Fewer: the array
  // ended, or (then !ok()) the next one does not fit. Call NextElement() after a full one: the array may have more.
  //
  // T is an integer type, which a value fits or is refused, or float or double, to which it is rounded correctly (to
  // the nearest, ties to even); one beyond the largest is refused.
  template <typename T>
  size_t ReadNumbers(std::span<T> out, NonFinite non_finite = NonFinite::kRefuse);

  // Passes over any value, checking its grammar.
  bool Skip(NonFinite non_finite = NonFinite::kRefuse);

  // Nothing but blanks may follow.
  bool Finish();

  // Refuses what lies at an offset, in the words of the other failures: for what only the reader can judge. The first
  // failure sticks.
  void Refuse(size_t value_offset, std::string_view expected);

 private:
  static bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  void SkipBlanks() {
    while (at_ != end_ && IsBlank(*at_)) ++at_;
  }
  bool Take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word);
  bool Enter(char open, std::string_view expected);
  bool Leave();
  bool SkipScalar(NonFinite non_finite);
  std::optional<std::string_view> ReadStringInto(std::string& scratch);
  const char* PassText(const char* at);
  const char* Unescape(const char* at, std::string& to);
  template <typename T>
  void FailNumber(const char* at);
  void Fail(const char* at, std::string_view expected);
  void FailByte(const char* at, std::string_view expected);
  void FailWith(const char* at, std::string_view expected, std::string_view found);

  const char* begin_;
  const char* at_;
  const char* end_;
  size_t max_depth_;
  size_t depth_ = 0;
  bool first_ = false;  // nothing of the innermost object or array has been read
  Status status_;
  std::string key_;  // unescaped
  std::string string_;
};

}  // namespace trireme
