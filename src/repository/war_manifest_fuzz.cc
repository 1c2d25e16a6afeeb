// SPDX-License-Identifier: Apache-2.0
// Any bytes as WAR-INF/MANIFEST.json: what can be read has what is required, and names no file outside of its folder.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/check.h"
#include "repository/war_manifest.h"

namespace {

void CheckName(const std::filesystem::path& name) {
  if (name.empty()) return;
  CHECK(!name.is_absolute() && name.lexically_normal() == name && *name.begin() != ".." && name.has_filename());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  const auto manifest = ParseWarManifest({reinterpret_cast<const char*>(data), size});
  if (!manifest.ok()) {
    CHECK(manifest.status().code() == StatusCode::kInvalidArgument && !manifest.status().message().empty());
    return 0;
  }
  CHECK(!manifest->workflow_name.empty() && !manifest->spec_file.empty());
  CheckName(manifest->spec_file);
  CheckName(manifest->handler);
  return 0;
}
