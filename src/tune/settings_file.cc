// SPDX-License-Identifier: Apache-2.0
#include "tune/settings_file.h"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "base/log.h"

namespace trireme::tune {

std::string SettingsText(const Candidate& candidate, const std::filesystem::path& served, std::string_view remark,
                         const std::string& slo) {
  std::string text;
  while (!remark.empty()) {
    const size_t end = std::min(remark.find('\n'), remark.size());
    text.append("# ").append(remark.substr(0, end)).append("\n");
    remark.remove_prefix(std::min(end + 1, remark.size()));
  }
  // A text of JSON is one of YAML, whatever is in it.
  text += "paths: ";
  AppendJsonString(text, served.string());
  text += '\n';
  for (const Flag& flag : FlagsOf(candidate, slo)) {
    text += flag.name + ": ";
    const bool names_model = flag.name == "slo" && flag.value.find(':') != std::string::npos;
    if (names_model) {
      AppendJsonString(text, flag.value);
    } else {
      text += flag.value;
    }
    text += '\n';
  }
  return text;
}

Status WriteWhole(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path part = std::filesystem::path(file) += ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  std::error_code error;
  if (out) std::filesystem::rename(part, file, error);
  if (out && !error) return {};
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  return Unavailable("'" + file.string() + "' cannot be written" + (error ? ": " + error.message() : ""));
}

}  // namespace trireme::tune
