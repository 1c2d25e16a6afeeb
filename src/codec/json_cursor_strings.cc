// SPDX-License-Identifier: Apache-2.0
// The strings of JsonCursor: RFC 8259, section 7.
#include <array>
#include <cstdint>
#include <cstring>

#include "base/utf8.h"
#include "codec/json_cursor.h"

namespace trireme {
namespace {

// What ends a run of bytes that stand for themselves.
constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> special{};
  for (size_t c = 0; c < special.size(); ++c) special[c] = c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
  return special;
}();

// Eight bytes at a time while none is special.
const char* PlainEnd(const char* at, const char* end) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  const auto has_zero = [](uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  while (end - at >= 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    const uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
    const uint64_t special = control | has_zero(word ^ kOnes * '"') | has_zero(word ^ kOnes * '\\') | (word & kHighs);
    if (special != 0) break;
    at += 8;
  }
  while (at != end && !kSpecial[static_cast<unsigned char>(*at)]) ++at;
  return at;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr int kNone = -1;

// The code unit of "\uXXXX".
int ReadCodeUnit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return kNone;
  int unit = 0;
  for (size_t i = 2; i < 6; ++i) {
    const int digit = HexValue(text[i]);
    if (digit < 0) return kNone;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool IsHighSurrogate(int unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool IsLowSurrogate(int unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

void AppendUtf8(std::string& to, uint32_t code) {
  const auto continuation = [&](int shift) { to += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xC0 | (code >> 6));
    continuation(0);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xE0 | (code >> 12));
    continuation(6);
    continuation(0);
  } else {
    to += static_cast<char>(0xF0 | (code >> 18));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

// What the letter behind a backslash stands for; 0 if nothing, or more than one letter.
char SimpleEscape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::string_view> JsonCursor::ReadStringInto(std::string& scratch) {
  SkipBlanks();
  if (!Take('"')) {
    Fail(at_, "a string");
    return std::nullopt;
  }
  const char* run = at_;  // of bytes that stand for themselves
  const char* stop = PassText(run);
  if (stop == nullptr) return std::nullopt;
  if (*stop == '"') {
    at_ = stop + 1;
    return std::string_view(run, static_cast<size_t>(stop - run));
  }
  scratch.clear();
  while (*stop == '\\') {
    scratch.append(run, stop);
    run = Unescape(stop, scratch);
    if (run == nullptr) return std::nullopt;
    stop = PassText(run);
    if (stop == nullptr) return std::nullopt;
  }
  scratch.append(run, stop);
  at_ = stop + 1;
  return scratch;
}

// To the next quote or backslash; nullptr if the text is wrong before it.
const char* JsonCursor::PassText(const char* at) {
  while (true) {
    at = PlainEnd(at, end_);
    if (at == end_) {
      FailByte(at, "'\"' at the end of a string");
      return nullptr;
    }
    if (*at == '"' || *at == '\\') return at;
    if (static_cast<unsigned char>(*at) < 0x20) {
      FailByte(at, "control characters in a string to be escaped");
      return nullptr;
    }
    const size_t length = Utf8SequenceLength({at, static_cast<size_t>(end_ - at)});
    if (length == 0) {
      FailByte(at, "UTF-8");
      return nullptr;
    }
    at += length;
  }
}

// Appends what the escape at a backslash stands for, and returns where it ends; nullptr if it is none.
const char* JsonCursor::Unescape(const char* at, std::string& to) {
  const std::string_view text(at, static_cast<size_t>(end_ - at));
  if (text.size() < 2) {
    FailByte(end_, "an escape");
    return nullptr;
  }
  if (const char simple = SimpleEscape(text[1]); simple != 0) {
    to += simple;
    return at + 2;
  }
  const int unit = ReadCodeUnit(text);
  if (unit == kNone || IsLowSurrogate(unit)) {
    FailByte(at + 1, text[1] == 'u' ? "u and four hexadecimal digits that are no low surrogate" : "one of \"\\/bfnrtu");
    return nullptr;
  }
  if (!IsHighSurrogate(unit)) {
    AppendUtf8(to, static_cast<uint32_t>(unit));
    return at + 6;
  }
  const int low = ReadCodeUnit(text.substr(6));
  if (low == kNone || !IsLowSurrogate(low)) {
    FailByte(at + 6, "\\uDC00 to \\uDFFF behind a high surrogate");
    return nullptr;
  }
  AppendUtf8(to, 0x10000 + (static_cast<uint32_t>(unit - 0xD800) << 10) + static_cast<uint32_t>(low - 0xDC00));
  return at + 12;
}

}  // namespace trireme
