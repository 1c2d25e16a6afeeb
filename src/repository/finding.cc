// SPDX-License-Identifier: Apache-2.0
#include "repository/finding.h"

namespace trireme {

std::string Finding::ToString() const {
  std::string text = file.string();
  if (line > 0) text += ":" + std::to_string(line);
  if (line > 0 && column > 0) text += ":" + std::to_string(column);
  const auto begin = [&text](const std::string& part, const char* separator) {
    if (!part.empty()) text += (text.empty() ? "" : separator) + part;
  };
  begin(field, ": ");
  if (!expected.empty()) begin("expected " + expected, ": ");
  if (!found.empty()) begin(expected.empty() ? found : "found " + found, expected.empty() ? ": " : ", ");
  begin(fix, "; ");
  return text;
}

}  // namespace trireme
