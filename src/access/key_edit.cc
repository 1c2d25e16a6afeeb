// SPDX-License-Identifier: Apache-2.0
#include "access/key_edit.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "access/key_table.h"

namespace trireme {
namespace {

constexpr std::string_view kHeading = "# NAME ROLES MODELS PROOF [tenant=TENANT] [expires=YYYY-MM-DD]\n";

std::string_view NameOf(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin);
  return line.substr(0, line.find_first_of(" \t\r"));
}

}  // namespace

Result<std::string> WithKey(std::string text, std::string_view file, const KeyLine& key) {
  ASSIGN_OR_RETURN(const std::vector<KeyLine> there, ParseKeyFile(text, file));
  const auto has_its_name = [&](const KeyLine& line) { return line.name == key.name; };
  if (std::ranges::any_of(there, has_its_name)) {
    return InvalidArgument(std::string(file) + ": name: expected a new one, found that there is a key called '" +
                           key.name + "'");
  }
  if (text.empty()) text = kHeading;
  if (!text.ends_with('\n')) text += '\n';
  text += FormatKeyLine(key) + "\n";
  RETURN_IF_ERROR(ParseKeyFile(text, file).status());
  return text;
}

Result<std::string> WithoutKey(std::string_view text, std::string_view file, std::string_view name) {
  RETURN_IF_ERROR(ParseKeyFile(text, file).status());
  std::string left;
  bool is_found = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view whole = text.substr(0, line.size() + 1);  // with its newline, if it has one
    const bool is_it = !name.empty() && NameOf(line) == name;
    if (!is_it) left += whole;
    is_found = is_found || is_it;
    text.remove_prefix(whole.size());
  }
  if (!is_found) return NotFound(std::string(file) + ": no key is called '" + std::string(name) + "'");
  return left;
}

}  // namespace trireme
