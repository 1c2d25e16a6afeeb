// SPDX-License-Identifier: Apache-2.0
#include "metrics/exposition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/utf8.h"

namespace trireme::metrics {
namespace {

// A help text keeps its quotes, a label value escapes them.
void AppendEscaped(std::string& out, std::string_view text, bool quoted) {
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    if (text[0] == '\n') {
      out += "\\n";
    } else {
      if (text[0] == '\\' || (quoted && text[0] == '"')) out += '\\';
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

void AppendNumber(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> text;
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
  }
}

// Divided, for 1e9 is a whole number and 1e-9 is none: 2000 ns are 2e-06 s, and not 2.0000000000000003e-06.
double BoundOf(const Buckets& buckets, size_t i) {
  return static_cast<double>(buckets.bounds[i]) / std::round(1 / buckets.unit);
}

void AppendLabel(std::string& out, std::string_view name, std::string_view value, bool first) {
  out += first ? '{' : ',';
  out += name;
  out += "=\"";
  AppendEscaped(out, value, true);
  out += '"';
}

// `extra`, if it has a name, follows the labels: a histogram's "le".
void AppendSeries(std::string& out, std::string_view name, std::string_view suffix, const Labels& labels,
                  std::string_view extra_name, std::string_view extra_value) {
  out += name;
  out += suffix;
  bool first = true;
  for (const auto& [label, value] : labels) {
    AppendLabel(out, label, value, first);
    first = false;
  }
  if (!extra_name.empty()) {
    AppendLabel(out, extra_name, extra_value, first);
    first = false;
  }
  if (!first) out += '}';
  out += ' ';
}

bool IsName(std::string_view name, bool colons) {
  const auto is_letter = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
  };
  const auto is_letter_or_digit = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_letter(name[0]) && std::ranges::all_of(name, is_letter_or_digit);
}

}  // namespace

void AppendHead(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out.append("# HELP ").append(name).append(" ");
  AppendEscaped(out, help, false);
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void AppendSample(std::string& out, std::string_view name, const Labels& labels, double value) {
  AppendSeries(out, name, "", labels, "", "");
  AppendNumber(out, value);
  out += '\n';
}

void AppendHistogram(std::string& out, std::string_view name, const Labels& labels, const Buckets& buckets,
                     const Histogram::Reading& reading) {
  uint64_t cumulative = 0;
  for (size_t i = 0; i < reading.counts.size(); ++i) {
    std::string bound;
    AppendNumber(bound, i < buckets.bounds.size() ? BoundOf(buckets, i) : INFINITY);
    cumulative += reading.counts[i];
    AppendSeries(out, name, "_bucket", labels, "le", bound);
    out.append(std::to_string(cumulative)).append("\n");
  }
  AppendSeries(out, name, "_sum", labels, "", "");
  AppendNumber(out, reading.sum);
  out += '\n';
  AppendSeries(out, name, "_count", labels, "", "");
  out.append(std::to_string(reading.count)).append("\n");
}

bool IsMetricName(std::string_view name) {
  return IsName(name, true);
}
bool IsLabelName(std::string_view name) {
  return IsName(name, false) && !name.starts_with("__");
}

}  // namespace trireme::metrics
