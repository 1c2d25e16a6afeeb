// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_folder.h"

#include <system_error>

namespace trireme {

std::filesystem::path PluginFolder() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::current_path() : self.parent_path();
}

}  // namespace trireme
