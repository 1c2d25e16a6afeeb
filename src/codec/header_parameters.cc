// SPDX-License-Identifier: Apache-2.0
#include "codec/header_parameters.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/excerpt.h"
#include "base/letter_case.h"
#include "base/log.h"

namespace trireme {
namespace {

constexpr size_t kMostParameters = 16;

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

void SkipBlanks(std::string_view& text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
}

// Letters that may stand outside of quotes; those of a media type too.
bool IsTokenLetter(char c) {
  return c > ' ' && c < '\x7f' && std::string_view("\"(),:;<=>?@[\\]{}").find(c) == std::string_view::npos;
}

std::string_view TakeToken(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsTokenLetter);
  const std::string_view token = text.substr(0, static_cast<size_t>(end - text.begin()));
  text.remove_prefix(token.size());
  return token;
}

// Behind the opening quote; nothing if there is no closing one.
std::optional<std::string> TakeQuoted(std::string_view& text) {
  std::string value;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    const bool escapes = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escapes) ++i;
    value += text[i];
  }
  return std::nullopt;
}

Status Wrong(std::string_view expected, std::string_view found) {
  return InvalidArgument("expected " + std::string(expected) + ", found " +
                         (found.empty() ? "nothing" : PlainText(Excerpt(found, 64))));
}

Result<std::string> TakeValue(std::string_view& rest, const std::string& name) {
  if (!rest.starts_with('"')) {
    const std::string_view token = TakeToken(rest);
    if (token.empty()) return Wrong("a value of '" + name + "'", rest);
    return std::string(token);
  }
  const std::string_view whole = rest;
  rest.remove_prefix(1);
  std::optional<std::string> quoted = TakeQuoted(rest);
  if (!quoted) return Wrong("a closing quote of '" + name + "'", whole);
  return *std::move(quoted);
}

}  // namespace

const std::string* ParameterizedValue::Find(std::string_view name) const {
  const auto at = std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) { return p.name == name; });
  return at == parameters.end() ? nullptr : &at->value;
}

Result<ParameterizedValue> ParseParameterizedValue(std::string_view text) {
  ParameterizedValue parsed;
  std::string_view rest = text;
  SkipBlanks(rest);
  parsed.value = LowerCase(TakeToken(rest));
  if (parsed.value.empty()) return Wrong("a value", text);
  for (;;) {
    SkipBlanks(rest);
    if (rest.empty()) return parsed;
    if (rest.front() != ';') return Wrong("';' behind '" + parsed.value + "'", rest);
    rest.remove_prefix(1);
    SkipBlanks(rest);
    if (rest.empty()) return parsed;  // a semicolon at the end is what some send
    const std::string name = LowerCase(TakeToken(rest));
    SkipBlanks(rest);
    if (name.empty() || !rest.starts_with('=')) return Wrong("a parameter and '='", name + std::string(rest));
    rest.remove_prefix(1);
    SkipBlanks(rest);
    if (parsed.Find(name) != nullptr) return Wrong("each parameter once", name + " again");
    if (parsed.parameters.size() == kMostParameters) {
      return Wrong("at most " + std::to_string(kMostParameters) + " parameters", "more");
    }
    ASSIGN_OR_RETURN(std::string value, TakeValue(rest, name));
    parsed.parameters.push_back({.name = name, .value = std::move(value)});
  }
}

}  // namespace trireme
