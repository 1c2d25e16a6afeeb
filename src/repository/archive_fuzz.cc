// SPDX-License-Identifier: Apache-2.0
// Any bytes as an archive: what comes out keeps the limits and lies in its folder, and a failure leaves nothing.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/check.h"
#include "base/testing/temp_dir.h"
#include "repository/archive.h"
#include "repository/archive_contents.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

size_t Count(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

void CheckContents(const fs::path& folder, const ExtractedArchive& said) {
  ExtractedArchive found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    CHECK(!entry.is_symlink());
    if (entry.is_directory()) continue;
    CHECK(entry.is_regular_file());
    ++found.files;
    found.bytes += entry.file_size();
  }
  CHECK(found.files == said.files && found.bytes == said.bytes);
}

}  // namespace
}  // namespace trireme

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  static const TempDir folder;
  const auto file = folder.Write("archive", {reinterpret_cast<const char*>(data), size});
  const ArchiveLimits limits{.entries = 50, .bytes = 1 << 20, .ratio = 20, .free_bytes = 1 << 16, .name_bytes = 100};
  const auto one = ReadFromArchive(file, "MAR-INF/MANIFEST.json", 1000, limits);
  CHECK(!one.ok() || one->size() <= 1000);
  const auto contents = ReadArchiveContents(file, {.bytes = 100, .bytes_of_all = 500}, limits);
  const auto extracted = ExtractArchive(file, folder / "out", limits);
  if (extracted.ok()) {
    CHECK(contents.ok() && contents->files.size() == extracted->files && contents->small.size() <= extracted->files);
    CHECK(extracted->files > 0 && extracted->files <= limits.entries && extracted->bytes <= limits.bytes);
    CheckContents(folder / "out", *extracted);
    std::filesystem::remove_all(folder / "out");
  } else {
    CHECK(!extracted.status().message().empty());
  }
  CHECK(Count(folder.path()) == 1);
  return 0;
}
