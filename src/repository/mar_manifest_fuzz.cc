// SPDX-License-Identifier: Apache-2.0
// Any bytes as MAR-INF/MANIFEST.json: what can be read has what is required, and names no file outside of its folder.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "repository/mar_manifest.h"
#include "repository/testing/check_file_of_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  const auto manifest = ParseMarManifest({reinterpret_cast<const char*>(data), size});
  if (!manifest.ok()) {
    CHECK(manifest.status().code() == StatusCode::kInvalidArgument && !manifest.status().message().empty());
    return 0;
  }
  CHECK(!manifest->model_version.empty());
  CheckFileOfArchive(manifest->serialized_file);
  CheckFileOfArchive(manifest->model_file);
  CheckFileOfArchive(manifest->config_file);
  CheckFileOfArchive(manifest->requirements_file);
  CheckFileOfArchive(manifest->source_vocab);
  for (const bool has_file : {false, true}) {
    const auto handler = ParseMarHandler(manifest->handler, has_file);
    if (handler.ok()) CheckFileOfArchive(handler->file);
  }
  return 0;
}
