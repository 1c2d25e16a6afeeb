// SPDX-License-Identifier: Apache-2.0
#include "table/plugin.h"

#include <dlfcn.h>

#include <cstring>

namespace trireme::table {

Result<std::unique_ptr<Tables>> OpenPlugin(const std::string& name, const std::filesystem::path& folder,
                                           const TablesOptions& options) {
  const std::filesystem::path file = folder / ("libtrireme_" + name + ".so");
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return Unsupported("tables need the plug-in " + file.string() +
                       ", which does not exist: './dev build' fetches its library and makes it");
  }
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps the text of dlerror for each thread
  if (library == nullptr) return Unsupported("plug-in " + file.string() + " cannot be opened: " + dlerror());
  const auto* entry = static_cast<const PluginEntry*>(dlsym(library, kPluginSymbol));
  if (entry == nullptr) {
    return Internal("plug-in " + file.string() + " has no symbol " + kPluginSymbol + ": not one for tables");
  }
  if (entry->interface != kPluginInterface || std::strcmp(entry->compiler, __VERSION__) != 0) {
    return Internal("plug-in " + file.string() + " was not built together with this program: './dev build' does that");
  }
  return entry->open(options);
}

}  // namespace trireme::table
