// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/parameter_finding.h"

#include <string>
#include <string_view>

namespace trireme {
namespace {

// "expected 1 or 0, found \"maybe\"", or any sentence.
void SetText(const std::string& text, Finding& finding) {
  constexpr std::string_view kExpected = "expected ";
  constexpr std::string_view kFound = ", found ";
  const size_t found = text.find(kFound);
  if (!text.starts_with(kExpected) || found == std::string::npos) {
    finding.found = text;
    return;
  }
  finding.expected = text.substr(kExpected.size(), found - kExpected.size());
  finding.found = text.substr(found + kFound.size());
}

}  // namespace

std::optional<Finding> ParameterFinding(const ModelEntry& entry, const Status& error) {
  if (error.code() != StatusCode::kInvalidArgument) return std::nullopt;
  for (const auto& [key, value] : entry.config.runtime_parameters) {
    const std::string field = "parameters[\"" + key + "\"]";
    if (!error.message().starts_with(field + ": ")) continue;
    Finding finding{.severity = Finding::Severity::kError, .file = entry.declared.file, .field = field};
    SetText(error.message().substr(field.size() + 2), finding);
    if (const auto place = entry.declared.parameter_places.find(key); place != entry.declared.parameter_places.end()) {
      finding.line = place->second.line;
      finding.column = place->second.column;
    }
    return finding;
  }
  return std::nullopt;
}

}  // namespace trireme
