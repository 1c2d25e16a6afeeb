// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/problem_text.h"

#include <charconv>
#include <optional>

#include "base/excerpt.h"

namespace trireme::duck {
namespace {

// What stands between two texts; nothing if one of them is not there.
std::optional<std::string_view> Between(std::string_view text, std::string_view before, std::string_view behind) {
  const size_t begin = text.find(before);
  if (begin == std::string_view::npos) return std::nullopt;
  const size_t from = begin + before.size();
  const size_t end = text.find(behind, from);
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(from, end - from);
}

std::string_view FirstLine(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

// Without "Invalid Input Error: " and the like.
std::string_view WithoutKind(std::string_view text) {
  const size_t colon = text.find(" Error: ");
  return colon != std::string_view::npos && colon < 32 ? text.substr(colon + 8) : text;
}

std::string WhatAType(std::string_view type) {
  if (type == "DOUBLE" || type == "FLOAT") return "a number";
  if (type == "BIGINT") return "a whole number";
  return "a value of type " + std::string(type);
}

Status BadLineProblem(std::string_view message, std::string_view line) {
  const std::string file(Between(message, "\n  file = ", "\n").value_or(""));
  const size_t row_end = message.find("\nOriginal Line: ");
  return InvalidArgument((file.empty() ? "" : file + " ") + "line " + std::string(line) + ": " +
                         LineProblem("", message.substr(row_end == std::string_view::npos ? 0 : row_end)));
}

// "Malformed JSON in file "x.jsonl", at byte 1 in line 4: invalid literal. ": it counts the line that would come next.
std::optional<Status> BadJsonProblem(std::string_view text) {
  const auto file = Between(text, "Malformed JSON in file \"", "\"");
  const auto line = Between(text, " in line ", ":");
  uint64_t number = 0;
  if (!file || !line || std::from_chars(line->data(), line->data() + line->size(), number).ec != std::errc()) {
    return std::nullopt;
  }
  return InvalidArgument(std::string(*file) + " line " + std::to_string(number - 1) + ": expected a JSON object");
}

}  // namespace

std::string LineProblem(std::string_view type, std::string_view message) {
  if (const auto column = Between(message, "Error when converting column \"", "\". ")) {
    constexpr std::string_view kBeforeCell = "Could not convert string \"";
    auto cell = Between(message, kBeforeCell, "\" to '");
    // Where it is noted of a line, a message ends with the first line of the cell.
    const size_t begin = message.find(kBeforeCell);
    if (!cell && begin != std::string_view::npos) cell = message.substr(begin + kBeforeCell.size());
    const auto wanted = Between(message, "\" to '", "'");
    return "column \"" + std::string(*column) + "\": expected " + (wanted ? WhatAType(*wanted) : "a number") +
           ", found " + (cell && !cell->empty() ? Excerpt(*cell) : "nothing");
  }
  const auto expected = Between(message, "Expected Number of Columns: ", " Found: ");
  const size_t found = message.find(" Found: ");
  if (expected && found != std::string_view::npos) {
    std::string_view count = message.substr(found + 8);
    count = count.substr(0, count.find_first_not_of("0123456789"));
    return "expected " + std::string(*expected) + " columns, found " + std::string(count);
  }
  if (message.find("unterminated quote") != std::string_view::npos || type == "UNQUOTED VALUE") {
    return "a quoted value that does not end";
  }
  if (message.find("ot utf-8") != std::string_view::npos || type == "INVALID ENCODING") return "expected UTF-8";
  const size_t possible = message.find("\n\n");
  std::string_view text = message.substr(0, possible);
  if (const size_t last = text.rfind('\n'); last != std::string_view::npos) text = text.substr(last + 1);
  return std::string(text);
}

Status ProblemOf(std::string_view message) {
  if (const auto line = Between(message, "CSV Error on Line: ", "\n")) return BadLineProblem(message, *line);
  if (message.starts_with("INTERRUPT Error")) return Cancelled("it was interrupted");
  const std::string_view text = FirstLine(WithoutKind(message));
  if (const std::optional<Status> json = BadJsonProblem(text)) return *json;
  if (const auto pattern = Between(text, "No files found that match the pattern \"", "\"")) {
    return NotFound("there is no file '" + std::string(*pattern) + "'");
  }
  if (text.find("state machine reached an invalid state") != std::string_view::npos) {
    return InvalidArgument(
        "a line of the CSV file ends, or quotes, in another way than those before it: expected one kind of line end "
        "and "
        "of quote in the whole file");
  }
  if (text.find("httpfs") != std::string_view::npos) {
    return Unsupported("files are read from this machine alone: " +
                       std::string(text.substr(0, text.find(" requires"))));
  }
  if (message.starts_with("Out of Memory Error")) return OutOfMemory(std::string(text));
  if (message.starts_with("IO Error")) return Unavailable(std::string(text));
  return InvalidArgument(std::string(text));
}

}  // namespace trireme::duck
