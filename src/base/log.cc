// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/calendar.h"
#include "base/utf8.h"

namespace trireme {
namespace {

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarning:
      return "WARN";
    case LogLevel::kError:
      return "ERROR";
  }
  return "?";
}

std::string Timestamp(int64_t wall_ms) {
  return FormatUtc(std::chrono::system_clock::time_point(std::chrono::milliseconds(wall_ms)));
}

constexpr int kVerboseShift = 8;

uint32_t Bit(LogLevel level) {
  return uint32_t{1} << static_cast<int>(level);
}

uint32_t Pack(const Logger::Settings& settings) {
  constexpr int kMostVerbose = (1 << 20) - 1;
  const int verbose = std::clamp(settings.verbose_level, 0, kMostVerbose);
  return (verbose > 0 ? Bit(LogLevel::kDebug) : 0) | (settings.info ? Bit(LogLevel::kInfo) : 0) |
         (settings.warning ? Bit(LogLevel::kWarning) : 0) | (settings.error ? Bit(LogLevel::kError) : 0) |
         (static_cast<uint32_t>(verbose) << kVerboseShift);
}

bool IsPlain(std::string_view value) {
  if (value.empty()) return false;
  for (const char c : value) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return false;
  }
  return true;
}

// Text for a person: a value with blanks is quoted, and nothing can break the line.
void AppendTextValue(std::string& out, std::string_view value) {
  std::string quoted;
  AppendJsonString(quoted, value);
  const bool needless = IsPlain(value) && std::string_view(quoted).substr(1, quoted.size() - 2) == value;
  out += needless ? value : quoted;
}

// The message is ours, but may quote what a client sent.
void AppendTextMessage(std::string& out, std::string_view message) {
  std::string quoted;
  AppendJsonString(quoted, message);
  const std::string_view inner(quoted.data() + 1, quoted.size() - 2);
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner.substr(i, 2) == R"(\")") continue;  // a quote needs no escape outside quotes
    out += inner[i];
  }
}

}  // namespace

namespace {

// The code point of a well-formed sequence of more than one byte.
uint32_t CodePointOf(std::string_view sequence) {
  uint32_t point = static_cast<unsigned char>(sequence.front()) & (0x7F >> sequence.size());
  for (const char c : sequence.substr(1)) point = point << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return point;
}

// What no eye sees, but a terminal or an editor obeys: the second set of control characters, ends of lines and
// paragraphs, and what turns the direction of writing.
bool IsUnseen(uint32_t point) {
  return (point >= 0x80 && point <= 0x9F) || point == 0x061C || point == 0x200E || point == 0x200F ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

void AppendSeenOrNamed(std::string& out, std::string_view sequence) {
  const uint32_t point = CodePointOf(sequence);
  if (!IsUnseen(point)) {
    out += sequence;
    return;
  }
  char name[8];
  std::snprintf(name, sizeof name, "\\u%04x", static_cast<unsigned>(point));
  out += name;
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const unsigned char c = static_cast<unsigned char>(text.front());
    if (c >= 0x80) {
      const size_t length = Utf8SequenceLength(text);
      if (length == 0) {
        out += "\xEF\xBF\xBD";
        text.remove_prefix(1);
      } else {
        AppendSeenOrNamed(out, text.substr(0, length));
        text.remove_prefix(length);
      }
      continue;
    }
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (c < 0x20 || c == 0x7f) {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04x", c);
          out += escape;
        } else {
          out += static_cast<char>(c);
        }
    }
    text.remove_prefix(1);
  }
  out += '"';
}

std::string PlainText(std::string_view text) {
  std::string quoted;
  AppendJsonString(quoted, text);
  std::string plain;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    const bool needless = quoted[i] == '\\' && (quoted[i + 1] == '"' || quoted[i + 1] == '\\');
    if (needless) ++i;
    plain += quoted[i];
  }
  return plain;
}

std::string FormatLogLine(Logger::Form form, int64_t wall_ms, LogLevel level, std::string_view message,
                          std::initializer_list<LogField> fields) {
  std::string line;
  if (form == Logger::Form::kJson) {
    line += "{\"time\":\"" + Timestamp(wall_ms) + "\",\"level\":\"";
    line += LevelName(level);
    line += "\",\"message\":";
    AppendJsonString(line, message);
    for (const LogField& field : fields) {
      line += ',';
      AppendJsonString(line, field.name);
      line += ':';
      if (field.is_number) {
        line += field.value;
      } else {
        AppendJsonString(line, field.value);
      }
    }
    line += "}\n";
    return line;
  }
  line += Timestamp(wall_ms).substr(11, 12);
  line += ' ';
  line += LevelName(level);
  line.append(level == LogLevel::kInfo || level == LogLevel::kWarning ? 2 : 1, ' ');
  AppendTextMessage(line, message);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    AppendTextValue(line, field.value);
  }
  line += '\n';
  return line;
}

Logger::Logger(int fd, Form form, LogLevel least)
    : fd_(fd),
      form_(form),
      enabled_(Pack({.info = least <= LogLevel::kInfo,
                     .warning = least <= LogLevel::kWarning,
                     .error = true,
                     .verbose_level = least <= LogLevel::kDebug ? 1 : 0})) {}

Logger::Settings Logger::settings() const {
  const uint32_t enabled = enabled_.load(std::memory_order_relaxed);
  return {.info = (enabled & Bit(LogLevel::kInfo)) != 0,
          .warning = (enabled & Bit(LogLevel::kWarning)) != 0,
          .error = (enabled & Bit(LogLevel::kError)) != 0,
          .verbose_level = static_cast<int>(enabled >> kVerboseShift)};
}

void Logger::Change(const Settings& settings) {
  enabled_.store(Pack(settings), std::memory_order_relaxed);
}

void Logger::Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
  if ((enabled_.load(std::memory_order_relaxed) & Bit(level)) == 0) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string line =
      FormatLogLine(form_, std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), level, message, fields);
  // A log that cannot be written has nobody to complain to.
  [[maybe_unused]] const ssize_t written = write(fd_, line.data(), line.size());
}

}  // namespace trireme
