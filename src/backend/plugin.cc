// SPDX-License-Identifier: Apache-2.0
#include "backend/plugin.h"

#include <dlfcn.h>

#include <cstring>

namespace trireme {
namespace {

// Those on libraries that not everybody wants are built when they are asked for.
std::string HowToBuild(const std::string& name) {
  if (name == "torch") return "'./dev build --with torch' installs libtorch and makes it";
  return "'./dev build' makes it";
}

}  // namespace

Result<std::unique_ptr<Backend>> OpenPlugin(const std::string& name, const PluginHost& host) {
  const std::filesystem::path file = host.folder / ("libtrireme_" + name + ".so");
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return NotFound("plug-in " + file.string() + " does not exist; " + HowToBuild(name));
  }
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps the text of dlerror for each thread
  if (library == nullptr) return Internal("plug-in " + file.string() + " cannot be opened: " + dlerror());
  const auto* entry = static_cast<const PluginEntry*>(dlsym(library, kPluginSymbol));
  if (entry == nullptr) {
    return Internal("plug-in " + file.string() + " has no symbol " + kPluginSymbol + ": not a plug-in of this server");
  }
  if (entry->interface != kPluginInterface) {
    return Internal("plug-in " + file.string() + " has interface " + std::to_string(entry->interface) +
                    ", this server has " + std::to_string(kPluginInterface) + ": build both together");
  }
  if (std::strcmp(entry->compiler, __VERSION__) != 0) {
    return Internal("plug-in " + file.string() + " was built by compiler " + entry->compiler + ", this server by " +
                    __VERSION__ + ": build both together");
  }
  return entry->create(host);
}

}  // namespace trireme
