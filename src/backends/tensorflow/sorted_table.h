// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::tensorflow {

// Reads a table in LevelDB's format
// (https://github.com/google/leveldb/blob/main/doc/table_format.md): blocks of keys and values in order of keys, plain
// or compressed with Snappy, each with a checksum.
//
// Calls `visit` with every entry, in the order of the file; the first Status that is not OK ends it. Key and value are
// valid during the call. kInvalidArgument: what is wrong with which block. Safe on any bytes: no block, whatever it
// says of itself, takes more memory than kMostBlockBytes, nor all together more than kMostTableBytes of time.
Status ReadSortedTable(std::string_view table,
                       const std::function<Status(std::string_view key, std::string_view value)>& visit);

inline constexpr uint64_t kMostBlockBytes = 64 << 20;
inline constexpr uint64_t kMostTableBytes = 512 << 20;

}  // namespace trireme::tensorflow
