// SPDX-License-Identifier: Apache-2.0
#include "repository/finding.h"

#include <algorithm>

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

const Finding* FirstError(std::span<const Finding> findings) {
  const auto first = std::ranges::find(findings, Finding::Severity::kError, &Finding::severity);
  return first == findings.end() ? nullptr : &*first;
}

Status StatusOf(std::span<const Finding> findings) {
  const Finding* first = FirstError(findings);
  if (first == nullptr) return {};
  const auto errors = std::ranges::count(findings, Finding::Severity::kError, &Finding::severity);
  std::string text = first->ToString();
  if (errors > 1) text += " (and " + std::to_string(errors - 1) + " more)";
  return InvalidArgument(std::move(text));
}

}  // namespace trireme
