// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/names.h"

#include <algorithm>

#include "base/excerpt.h"
#include "net/http_chars.h"

namespace trireme::sagemaker {
namespace {

int HexValue(char c) {
  if (c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

}  // namespace

Result<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !net::IsHexDigit(text[i + 1]) || !net::IsHexDigit(text[i + 2])) {
      return InvalidArgument("expected two hex digits behind every '%', found " + Excerpt(text.substr(i, 3)));
    }
    decoded += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
    i += 2;
  }
  return decoded;
}

Result<std::optional<std::string>> QueryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    std::string value(pair.substr(std::min(equals + 1, pair.size())));
    std::ranges::replace(value, '+', ' ');
    Result<std::string> decoded = PercentDecoded(value);
    if (!decoded.ok()) return std::move(decoded).status().Within(name);
    return std::optional(*std::move(decoded));
  }
  return std::optional<std::string>();
}

Status CheckFitsPath(std::string_view name) {
  if (name.find_first_of("/\\") == std::string_view::npos && name != "." && name != "..") return {};
  return InvalidArgument("model_name: expected a name without '/' and '\\' that is not '.' or '..', found " +
                         Excerpt(name));
}

}  // namespace trireme::sagemaker
