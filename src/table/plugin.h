// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/status.h"
#include "table/tables.h"

namespace trireme::table {

// Raised whenever anything that crosses the border changes: this file, tables.h, batch.h, or a type they use. The sizes
// of what crosses are in it as well, and change where raising it was forgotten.
inline constexpr uint32_t kPluginInterface = [] {
  uint32_t sizes = 0;
  for (const size_t size : {sizeof(Batch), sizeof(ColumnView), sizeof(Column), sizeof(SourceSpec), sizeof(ReadRules),
                            sizeof(BadLines), sizeof(WriterSpec), sizeof(TablesOptions), sizeof(Status)}) {
    sizes = sizes * 1031 + static_cast<uint32_t>(size);
  }
  return uint32_t{1} << 24 | (sizes & 0xFFFFFF);
}();

// The one symbol that a plug-in for tables exports, under this name, with C linkage: `trireme_tables`.
struct PluginEntry {
  uint32_t interface = kPluginInterface;
  const char* compiler = __VERSION__;  // C++ types cross the border, so both sides need one ABI
  Result<std::unique_ptr<Tables>> (*open)(const TablesOptions& options) = nullptr;
};

inline constexpr const char* kPluginSymbol = "trireme_tables";

#define TRIREME_TABLES_PLUGIN(open_function)                                                            \
  extern "C" __attribute__((visibility("default"))) const ::trireme::table::PluginEntry trireme_tables; \
  const ::trireme::table::PluginEntry trireme_tables = {.open = open_function}

// Opens libtrireme_<name>.so in `folder`. Never closed again. kUnsupported: it was not built, or its library is not
// there: the message says which, and the command that brings both.
Result<std::unique_ptr<Tables>> OpenPlugin(const std::string& name, const std::filesystem::path& folder,
                                           const TablesOptions& options);

}  // namespace trireme::table
