// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/sql_text.h"

namespace trireme::duck {
namespace {

std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

}  // namespace

std::string Literal(std::string_view text) {
  return Quoted(text, '\'');
}

std::string Identifier(std::string_view name) {
  return Quoted(name, '"');
}

std::string FileLiteral(std::string_view path) {
  std::string pattern;
  for (const char c : path) {
    const bool means_others = c == '*' || c == '?' || c == '[';
    pattern += means_others ? std::string("[") + c + "]" : std::string(1, c);
  }
  return Literal(pattern);
}

std::string FileList(const std::vector<std::string>& paths) {
  std::string list = "[";
  for (const std::string& path : paths) list += (list.size() == 1 ? "" : ", ") + FileLiteral(path);
  return list + "]";
}

}  // namespace trireme::duck
