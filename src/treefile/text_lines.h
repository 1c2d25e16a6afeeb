// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/excerpt.h"
#include "base/status.h"

namespace trireme::treefile {

// Hands out the lines of a text one after the other, without their ends ("\n" or "\r\n").
class TextLines {
 public:
  explicit TextLines(std::string_view text) : rest_(text) {}

  // Nothing at the end of the text. Views the text.
  std::optional<std::string_view> Next() {
    if (rest_.empty()) return std::nullopt;
    const size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return line;
  }

  // Of the line that was handed out last; the first is 1.
  size_t number() const { return number_; }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

// Numbers with one blank or several between them. Takes no more memory than a few times the text.
template <typename T>
Status ReadNumberList(std::string_view text, std::vector<T>& values) {
  values.clear();
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at != end && *at == ' ') ++at;
    if (at == end) return {};
    T value{};
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc() || (stop != end && *stop != ' ')) {
      const std::string_view word(at, end - at);
      return InvalidArgument("expected a number that fits, found " + Excerpt(word.substr(0, word.find(' ')), 40) +
                             " as element " + std::to_string(values.size()));
    }
    values.push_back(value);
    at = stop;
  }
}

// A text that is one number.
template <typename T>
Status ReadNumber(std::string_view text, T& value) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && stop == text.data() + text.size()) return {};
  return InvalidArgument("expected a number that fits, found " + Excerpt(text, 40));
}

}  // namespace trireme::treefile
