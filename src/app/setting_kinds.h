// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/settings.h"
#include "base/quantity.h"

namespace trireme {

// Settings by the kind of their value. Each writes to `target`, which must outlive it, and whose value at this moment
// is shown as the default.

inline Status UnexpectedText(const std::string& expected, std::string_view found) {
  return InvalidArgument("expected " + expected + ", found '" + std::string(found) + "'");
}

// A setting that `set` takes care of.
inline Setting Custom(std::string name, std::string value, std::string help, std::string default_text,
                      std::function<Status(std::string_view)> set) {
  return {.name = std::move(name),
          .value = std::move(value),
          .help = std::move(help),
          .default_text = std::move(default_text),
          .group = {},
          .form = Setting::Form::kValue,
          .set = std::move(set)};
}

// A whole number from `least` to `most`.
template <std::integral T>
Setting Whole(std::string name, std::string value, std::string help, T& target, T least, T most) {
  return Custom(std::move(name), std::move(value), std::move(help), std::to_string(target),
                [&target, least, most](std::string_view text) -> Status {
                  T number{};
                  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
                  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
                    return UnexpectedText(
                        "a whole number from " + std::to_string(least) + " to " + std::to_string(most), text);
                  }
                  target = number;
                  return {};
                });
}

using ParseTime = Result<std::chrono::microseconds>(std::string_view text);

// A duration from `least` to `most`, in whole units of its type.
template <typename T>
Setting Time(std::string name, std::string help, T& target, T least, T most, ParseTime* parse = ParseDuration) {
  return Custom(std::move(name), "TIME", std::move(help), FormatDuration(target),
                [&target, least, most, parse](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN(const std::chrono::microseconds exact, parse(text));
                  const T whole = std::chrono::duration_cast<T>(exact);
                  if (whole != exact || whole < least || whole > most) {
                    return UnexpectedText("a duration from " + FormatDuration(least) + " to " + FormatDuration(most) +
                                              " in whole " + (T(1) == std::chrono::microseconds(1) ? "us" : "ms"),
                                          text);
                  }
                  target = whole;
                  return {};
                });
}

// The same, where a bare number is of seconds.
template <typename T>
Setting Seconds(std::string name, std::string help, T& target, T least, T most) {
  Setting setting = Time(std::move(name), std::move(help), target, least, most, ParseSeconds);
  setting.value = "SECONDS";
  return setting;
}

// A size of at least `least` bytes.
template <std::unsigned_integral T>
Setting Bytes(std::string name, std::string help, T& target, uint64_t least) {
  return Custom(std::move(name), "SIZE", std::move(help), FormatBytes(target),
                [&target, least](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN(const uint64_t bytes, ParseBytes(text));
                  if (bytes < least) return UnexpectedText("at least " + FormatBytes(least), text);
                  target = bytes;
                  return {};
                });
}

template <typename T>
using Choices = std::vector<std::pair<std::string, T>>;

// One of a few words.
template <typename T>
Setting Choice(std::string name, std::string help, T& target, const Choices<T>& choices) {
  std::string words;
  std::string default_text;
  for (const auto& [word, choice] : choices) {
    words += (words.empty() ? "" : "|") + word;
    if (choice == target && default_text.empty()) default_text = word;
  }
  return Custom(std::move(name), words, std::move(help), default_text,
                [&target, choices, words](std::string_view text) -> Status {
                  for (const auto& [word, choice] : choices) {
                    if (word != text) continue;
                    target = choice;
                    return {};
                  }
                  return UnexpectedText(words, text);
                });
}

// The words for yes and no that people and other servers' scripts use, in either case.
inline Result<bool> ParseOnOff(std::string_view text) {
  std::string word(text);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* on : {"on", "true", "yes", "1"}) {
    if (word == on) return true;
  }
  for (const char* off : {"off", "false", "no", "0"}) {
    if (word == off) return false;
  }
  return UnexpectedText("on|off (or true|false, yes|no, 1|0)", text);
}

// On or off: a bool, or a std::optional<bool> whose default is `default_text`.
template <typename T>
Setting OnOff(std::string name, std::string help, T& target, std::string default_text) {
  return Custom(std::move(name), "on|off", std::move(help), std::move(default_text),
                [&target](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN(target, ParseOnOff(text));
                  return {};
                });
}
inline Setting OnOff(std::string name, std::string help, bool& target) {
  return OnOff(std::move(name), std::move(help), target, target ? "on" : "off");
}

// Off unless its flag is given, which needs no value.
inline Setting Switch(std::string name, std::string help, bool& target) {
  Setting setting = OnOff(std::move(name), std::move(help), target);
  setting.form = Setting::Form::kSwitch;
  setting.default_text.clear();
  return setting;
}

// The setting, known by other names too.
inline Setting Also(Setting setting, std::vector<std::string> aliases) {
  setting.aliases = std::move(aliases);
  return setting;
}

// One that may be given several times, or as a list in a file.
inline Setting Repeated(Setting setting) {
  setting.form = Setting::Form::kRepeated;
  return setting;
}

// Any text but none.
inline Setting Text(std::string name, std::string value, std::string help, std::string& target) {
  std::string expected = value;
  return Custom(std::move(name), std::move(value), std::move(help), target,
                [&target, expected](std::string_view text) -> Status {
                  if (text.empty()) return UnexpectedText(expected, text);
                  target = text;
                  return {};
                });
}

}  // namespace trireme
