// SPDX-License-Identifier: Apache-2.0
#include "app/check_words.h"

#include <span>

namespace trireme {
namespace {

void Count(std::span<const Finding> findings, FindingCounts& counts) {
  for (const Finding& finding : findings) {
    if (finding.severity == Finding::Severity::kError) ++counts.errors;
    if (finding.severity == Finding::Severity::kWarning) ++counts.warnings;
  }
}

}  // namespace

std::string_view Name(Finding::Severity severity) {
  switch (severity) {
    case Finding::Severity::kNote:
      return "note";
    case Finding::Severity::kWarning:
      return "warning";
    case Finding::Severity::kError:
      return "error";
  }
  return "unknown";
}

FindingCounts CountFindings(const CheckReport& report) {
  FindingCounts counts;
  Count(report.findings, counts);
  for (const CheckedModel& model : report.models) Count(model.findings, counts);
  return counts;
}

}  // namespace trireme
