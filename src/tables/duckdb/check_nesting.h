// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/status.h"

namespace trireme::duck {

// Of JSON in lines, compressed by gzip or not: whether one of the first is nested too deeply. DuckDB looks at some
// 20,000 of them for types, going down by calls, and would run out of its stack. kInvalidArgument names the line.
Status CheckNesting(const std::filesystem::path& path);

}  // namespace trireme::duck
