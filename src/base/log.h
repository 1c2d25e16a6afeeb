// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace trireme {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// A name and a value beside a message: Log("model ready", {{"model", name}, {"load_ms", 12}}).
struct LogField {
  std::string_view name;
  std::string value;
  bool is_number = false;

  LogField(std::string_view n, std::string_view v) : name(n), value(v) {}
  LogField(std::string_view n, const char* v) : name(n), value(v) {}
  LogField(std::string_view n, const std::string& v) : name(n), value(v) {}
  template <typename T>
  requires std::is_arithmetic_v<T> LogField(std::string_view n, T v)
      : name(n), value(std::to_string(v)), is_number(JsonHasAWordFor(v)) {}

 private:
  template <typename T>
  static bool JsonHasAWordFor(T v) {
    if constexpr (std::is_floating_point_v<T>) return std::isfinite(v);
    return true;
  }
};

// Where messages go. Lines for people ("12:01:03.250 INFO model ready model=ocr load_ms=84") or for programs
// (one JSON object a line). Control characters of outside origin are escaped, so a client cannot forge a line.
//
// Thread-safe: a line is written with one write(2), whole. `main` makes one and hands it on by reference.
class Logger {
 public:
  enum class Form { kText, kJson };

  // Writes to `fd`, which it does not own.
  Logger(int fd, Form form, LogLevel least);

  void Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) const;

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kInfo, message, fields);
  }
  void Warning(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kWarning, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kError, message, fields);
  }

  // What is written of what it is given. May change while others write: each line goes by one or the other.
  struct Settings {
    bool info = true;
    bool warning = true;
    bool error = true;
    int verbose_level = 0;  // above 0: debug lines too

    bool operator==(const Settings&) const = default;
  };
  Settings settings() const;
  void Change(const Settings& settings);

  Form form() const { return form_; }

 private:
  const int fd_;
  const Form form_;
  // One bit a level, and the verbose level above them: a lone value that orders nothing.
  std::atomic<uint32_t> enabled_;
};

// One line, with its newline, as Logger writes it: separate from the writing so that it can be tested.
// `wall_ms` is milliseconds since the epoch, UTC.
std::string FormatLogLine(Logger::Form form, int64_t wall_ms, LogLevel level, std::string_view message,
                          std::initializer_list<LogField> fields);

// Appends `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
// What is not seen but obeyed by a terminal (control characters, changes of direction) is escaped.
void AppendJsonString(std::string& out, std::string_view text);

// `text` of outside origin in one line for a terminal: as AppendJsonString, without quotes around and escapes that only
// JSON needs.
std::string PlainText(std::string_view text);

}  // namespace trireme
