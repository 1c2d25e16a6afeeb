// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

#include "app/options.h"
#include "lifecycle/check.h"

namespace trireme {

// `trireme check`: looks at models without loading them, and says what would become of them. Returns the process's exit
// code: kExitFailure if something could not be served, or if there is a warning and options.strict.
int RunCheck(const CheckOptions& options, std::ostream& out, std::ostream& err);

// Its answer for a report.
int CheckExitCode(const CheckOptions& options, const CheckReport& report);

// The calls for what can be served. A program of its own: what else is to be said stands in comments.
std::string ClientCalls(const CheckOptions& options, const CheckReport& report);

}  // namespace trireme
