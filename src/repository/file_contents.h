// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// The bytes of a file, links followed. kNotFound: there is none ("no such file", "a folder"); kTooLarge: it has more
// than `max_bytes`, and was not read; kUnavailable: it cannot be read, or is just being written. Takes memory for what
// is there, and never waits: what is no ordinary file is not read, also if it takes the place of one in this moment.
Result<std::string> ReadFileContents(const std::filesystem::path& file, size_t max_bytes);

// The same of a file that a person named: the message says which, what was expected and what was found.
Result<std::string> ReadNamedFile(const std::filesystem::path& file, size_t max_bytes);

// The same of its first bytes, so many at most; the message says what was found.
Result<std::string> ReadFileBeginning(const std::filesystem::path& file, size_t max_bytes);

// The file that `name` leads to from `folder`, links followed. kNotFound: there is none; kInvalidArgument: it lies
// outside of `root`, the model's own folder, or is no name of a file; `root` is empty because the model has none.
// Messages say what was found, and not where.
Result<std::filesystem::path> FindInside(const std::filesystem::path& root, const std::filesystem::path& folder,
                                         std::string_view name);

}  // namespace trireme
