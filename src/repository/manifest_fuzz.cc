// SPDX-License-Identifier: Apache-2.0
// Any bytes as SHA256SUMS; what can be read stays below its folder and is read the same when it is written again.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/check.h"
#include "repository/content_digest.h"
#include "repository/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;
  const auto files = ParseManifest({reinterpret_cast<const char*>(data), size});
  if (!files.ok()) {
    CHECK(files.status().code() == StatusCode::kInvalidArgument && !files.status().message().empty());
    return 0;
  }
  CHECK(!files->empty() && files->size() <= kMaxListedFiles);
  std::string again;
  for (const ListedFile& file : *files) {
    const std::filesystem::path name(file.name);
    CHECK(!file.name.empty() && !name.is_absolute() && name.lexically_normal() == name && *name.begin() != "..");
    CHECK(file.line > 0);
    again += DigestLine(file.digest, file.name);
  }
  const auto same = ParseManifest(again);
  if (again.size() > kMaxManifestBytes) return 0;
  CHECK(same.ok() && same->size() == files->size());
  for (size_t i = 0; i < same->size(); ++i) CHECK((*same)[i].name == (*files)[i].name);
  return 0;
}
