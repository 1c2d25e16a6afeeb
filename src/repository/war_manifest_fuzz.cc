// SPDX-License-Identifier: Apache-2.0
// Any bytes as WAR-INF/MANIFEST.json: what can be read has what is required, and names no file outside of its folder.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "repository/testing/check_file_of_archive.h"
#include "repository/war_manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  const auto manifest = ParseWarManifest({reinterpret_cast<const char*>(data), size});
  if (!manifest.ok()) {
    CHECK(manifest.status().code() == StatusCode::kInvalidArgument && !manifest.status().message().empty());
    return 0;
  }
  CHECK(!manifest->workflow_name.empty() && !manifest->spec_file.empty());
  CheckFileOfArchive(manifest->spec_file);
  CheckFileOfArchive(manifest->handler);
  return 0;
}
