// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "backend/backend.h"

namespace trireme {

// What a plug-in is given when it is opened; outlives it.
struct PluginHost {
  MemoryPool& pool;
  const Logger& log;
  std::filesystem::path folder;  // where the plug-in lies, and its runtime library beside it
};

// Raised whenever anything that crosses the border changes: this file, backend.h, or a type they use. Core and plug-ins
// are built together; the check turns a forgotten rebuild into a message instead of a crash. The sizes of what crosses
// are in it as well, and change where raising it was forgotten.
inline constexpr uint32_t kPluginInterface = [] {
  uint32_t sizes = 0;
  for (const size_t size : {sizeof(Probe), sizeof(MemoryUse), sizeof(OpenOptions), sizeof(ModelFacts),
                            sizeof(OnnxModelBytes), sizeof(ModelSource), sizeof(Tensor)}) {
    sizes = sizes * 1031 + static_cast<uint32_t>(size);
  }
  return uint32_t{12} << 24 | (sizes & 0xFFFFFF);
}();

// The one symbol that a plug-in exports, under this name, with C linkage: `trireme_plugin`.
struct PluginEntry {
  uint32_t interface = kPluginInterface;
  const char* compiler = __VERSION__;  // C++ types cross the border, so both sides need one ABI
  const char* name = "";
  Result<std::unique_ptr<Backend>> (*create)(const PluginHost& host) = nullptr;
};

inline constexpr const char* kPluginSymbol = "trireme_plugin";

#define TRIREME_PLUGIN(plugin_name, create_function)                                             \
  extern "C" __attribute__((visibility("default"))) const ::trireme::PluginEntry trireme_plugin; \
  const ::trireme::PluginEntry trireme_plugin = {.name = plugin_name, .create = create_function}

// Opens libtrireme_<name>.so in `host.folder`. Never closed again: runtimes leave threads and thread-locals behind.
// Errors say what is missing and, for a plug-in that was not built, the command that builds it.
Result<std::unique_ptr<Backend>> OpenPlugin(const std::string& name, const PluginHost& host);

}  // namespace trireme
