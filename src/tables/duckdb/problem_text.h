// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::duck {

// What DuckDB says of a failure, as a Status of one line for people: its advice on SQL is left out, since nobody here
// wrote any, and of a line that it could not read file, line and column are named.
Status ProblemOf(std::string_view message);

// What is wrong with a line, of the words that DuckDB has for it (reject_errors.error_message): "column "x": expected a
// number, found 'abc'". `type` is
// reject_errors.error_type, or empty.
std::string LineProblem(std::string_view type, std::string_view message);

}  // namespace trireme::duck
