// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/properties.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/excerpt.h"
#include "base/log.h"
#include "base/utf8.h"

namespace trireme::torchserve {
namespace {

constexpr size_t kHexDigits = 4;

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}

void SkipBlanks(std::string_view& text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
}

Status Wrong(int line, std::string_view expected, const std::string& found) {
  return InvalidArgument("line " + std::to_string(line) + ": expected " + std::string(expected) + ", found " + found);
}

void AppendUtf8(std::string& out, uint32_t code) {
  const auto more = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    more(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    more(6);
    more(0);
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    more(12);
    more(6);
    more(0);
  }
}

std::string Utf8OfLatin1(std::string_view text) {
  std::string utf8;
  for (const char c : text) AppendUtf8(utf8, static_cast<unsigned char>(c));
  return utf8;
}

// Takes a line off the text, without its end.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  const bool both = text.substr(end).starts_with("\r\n");
  text.remove_prefix(std::min(text.size(), end + (both ? 2 : 1)));
  return line;
}

bool GoesOn(std::string_view line) {
  const size_t last = line.find_last_not_of('\\');
  const size_t slashes = line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return slashes % 2 == 1;
}

std::optional<uint32_t> CodeUnit(std::string_view digits) {
  if (digits.size() < kHexDigits) return std::nullopt;
  uint32_t unit = 0;
  for (const char c : digits.substr(0, kHexDigits)) {
    const auto digit =
        std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (digit == std::string_view::npos) return std::nullopt;
    unit = unit << 4 | static_cast<uint32_t>(digit);
  }
  return unit;
}

// Of text behind "\u", and further ones; takes what it reads.
Result<uint32_t> TakeCode(std::string_view& rest, int line) {
  constexpr std::string_view kExpected = "four hexadecimal digits behind \\u, a whole character of them";
  const std::string_view whole = rest;
  const auto wrong = [&] { return Wrong(line, kExpected, PlainText(Excerpt(whole.substr(0, 10)))); };
  const auto first = CodeUnit(rest);
  if (!first || *first == 0 || (*first >= 0xdc00 && *first <= 0xdfff)) return wrong();
  rest.remove_prefix(kHexDigits);
  if (*first < 0xd800 || *first > 0xdbff) return *first;
  const auto second = rest.starts_with("\\u") ? CodeUnit(rest.substr(2)) : std::nullopt;
  if (!second || *second < 0xdc00 || *second > 0xdfff) return wrong();
  rest.remove_prefix(2 + kHexDigits);
  return 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00);
}

Result<std::string> Unescaped(std::string_view text, int line) {
  std::string plain;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\' || text.empty()) {
      plain += c;
      continue;
    }
    const char escaped = text.front();
    text.remove_prefix(1);
    constexpr std::string_view kLetters = "tnrf";
    constexpr std::string_view kMeant = "\t\n\r\f";
    if (escaped == 'u') {
      ASSIGN_OR_RETURN(const uint32_t code, TakeCode(text, line));
      AppendUtf8(plain, code);
    } else if (const size_t at = kLetters.find(escaped); at != std::string_view::npos) {
      plain += kMeant[at];
    } else {
      plain += escaped;
    }
  }
  return plain;
}

// Where the key of a whole line ends.
size_t EndOfKey(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '=' || line[i] == ':' || IsBlank(line[i])) {
      return i;
    }
  }
  return line.size();
}

Result<Property> ParseWhole(std::string_view line, int number) {
  const std::string_view key = line.substr(0, EndOfKey(line));
  line.remove_prefix(key.size());
  SkipBlanks(line);
  if (line.starts_with('=') || line.starts_with(':')) line.remove_prefix(1);
  SkipBlanks(line);
  Property property{.line = number};
  ASSIGN_OR_RETURN(property.key, Unescaped(key, number));
  ASSIGN_OR_RETURN(property.value, Unescaped(line, number));
  return property;
}

}  // namespace

Result<std::vector<Property>> ParseProperties(std::string_view text) {
  if (text.size() > kMaxPropertiesBytes) {
    return InvalidArgument("expected at most " + std::to_string(kMaxPropertiesBytes) + " bytes, found more");
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // what some editors put in front
  std::string utf8;
  if (!IsUtf8(text)) text = utf8 = Utf8OfLatin1(text);
  std::vector<Property> properties;
  for (int number = 1; !text.empty(); ++number) {
    const int first = number;
    std::string_view line = TakeLine(text);
    if (line.find('\0') != std::string_view::npos) return Wrong(number, "text", "a zero byte");
    SkipBlanks(line);
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    std::string whole(line);
    while (GoesOn(line)) {
      whole.pop_back();
      if (text.empty()) break;
      line = TakeLine(text);
      SkipBlanks(line);
      whole += line;
      ++number;
    }
    if (whole.find('\0') != std::string::npos) return Wrong(first, "text", "a zero byte");
    if (properties.size() == kMaxProperties) {
      return Wrong(first, "at most " + std::to_string(kMaxProperties) + " properties", "another one");
    }
    ASSIGN_OR_RETURN(Property property, ParseWhole(whole, first));
    properties.push_back(std::move(property));
  }
  return properties;
}

namespace {

void AppendEscaped(std::string& out, std::string_view text, bool is_key) {
  constexpr std::string_view kControls = "\t\n\r\f";
  constexpr std::string_view kLetters = "tnrf";
  for (size_t i = 0; i < text.size(); ++i) {
    if (const size_t at = kControls.find(text[i]); at != std::string_view::npos) {
      out.append("\\").push_back(kLetters[at]);
      continue;
    }
    const bool begins = i == 0 || is_key;
    const bool ends_key = is_key && (text[i] == '=' || text[i] == ':');
    const bool means_more = text[i] == '\\' || ends_key || (begins && text[i] == ' ') ||
                            (i == 0 && (text[i] == '#' || text[i] == '!' || text[i] == '=' || text[i] == ':'));
    if (means_more) out += '\\';
    out += text[i];
  }
}

}  // namespace

void AppendProperty(std::string& out, std::string_view key, std::string_view value) {
  AppendEscaped(out, key, true);
  out += '=';
  AppendEscaped(out, value, false);
  out += '\n';
}

}  // namespace trireme::torchserve
