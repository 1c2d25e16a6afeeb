// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "lifecycle/check.h"

namespace trireme {

// What the forms of a check report have in common.

// "warning"
std::string_view Name(Finding::Severity severity);

struct FindingCounts {
  int errors = 0;
  int warnings = 0;
};

// All of a report, those of its models too.
FindingCounts CountFindings(const CheckReport& report);

}  // namespace trireme
