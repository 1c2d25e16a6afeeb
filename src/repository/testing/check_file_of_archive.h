// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/check.h"

namespace trireme {

// What a manifest names stays below its archive's folder, by the standard library's own idea of paths. Empty: none.
inline void CheckFileOfArchive(const std::filesystem::path& name) {
  if (name.empty()) return;
  CHECK(!name.is_absolute() && name.lexically_normal() == name && *name.begin() != ".." && name.has_filename());
}

}  // namespace trireme
