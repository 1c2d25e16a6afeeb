// SPDX-License-Identifier: Apache-2.0
#include "codec/percent_encoding.h"

#include "base/excerpt.h"
#include "base/log.h"

namespace trireme {
namespace {

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

Result<std::string> PercentDecoded(std::string_view text) {
  constexpr int kBase = 16;
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? DigitOf(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? DigitOf(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return InvalidArgument("expected two hexadecimal digits behind '%', found " +
                             PlainText(Excerpt(text.substr(i + 1, 2))));
    }
    decoded += static_cast<char>(high * kBase + low);
    i += 2;
  }
  return decoded;
}

}  // namespace trireme
