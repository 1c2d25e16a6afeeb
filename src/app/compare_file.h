// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "base/status.h"
#include "bench/compare_options.h"

namespace trireme {

// What a file for `trireme bench compare` says: a map with `servers`, `loads`, how long (`rounds`, `window`, `warm_up`,
// `timeout`, `seed`), and what all servers are asked unless one says otherwise. Its keys are the flags of `trireme
// bench`, with '_' or '-'; docs/benchmarking.md has them all.
//
// Errors are one line and name file, line and key, what was expected and what was found, or which key was meant.
// kNotFound: there is no such file.
Result<bench::CompareOptions> ReadCompareFile(const std::filesystem::path& file);

// The text of one; any bytes may come. `name` stands in messages.
Result<bench::CompareOptions> ParseCompare(std::string_view text, const std::string& name);

inline constexpr size_t kMaxCompareFileBytes = size_t{1} << 20;

}  // namespace trireme
