// SPDX-License-Identifier: Apache-2.0
// Any bytes as MAR-INF/MANIFEST.json: what can be read has what is required, and names no file outside of its folder.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/check.h"
#include "repository/mar_manifest.h"

namespace {

void CheckName(const std::filesystem::path& name) {
  if (name.empty()) return;
  CHECK(!name.is_absolute() && name.lexically_normal() == name && *name.begin() != ".." && name.has_filename());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  const auto manifest = ParseMarManifest({reinterpret_cast<const char*>(data), size});
  if (!manifest.ok()) {
    CHECK(manifest.status().code() == StatusCode::kInvalidArgument && !manifest.status().message().empty());
    return 0;
  }
  CHECK(!manifest->model_name.empty() && !manifest->model_version.empty());
  CheckName(manifest->serialized_file);
  CheckName(manifest->model_file);
  CheckName(manifest->config_file);
  CheckName(manifest->requirements_file);
  CheckName(manifest->source_vocab);
  for (const bool has_file : {false, true}) {
    const auto handler = ParseMarHandler(manifest->handler, has_file);
    if (handler.ok()) CheckName(handler->file);
  }
  return 0;
}
