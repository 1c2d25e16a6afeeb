// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>

#include "base/status.h"

namespace trireme::duck {

// Whether a gzip file is whole and its checksums are right. DuckDB takes one that was cut off for one that ends there.
// Reads all of it, without keeping any. kInvalidArgument: it is not, or cannot be read. kCancelled: `cancelled` has
// become true meanwhile.
Status CheckGzip(const std::filesystem::path& path, const std::atomic<bool>& cancelled);

}  // namespace trireme::duck
