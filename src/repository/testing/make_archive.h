// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace trireme {

struct ArchivedEntry {
  std::string name;
  std::string contents = "";
  unsigned type = 0;  // AE_IFREG and so on; 0: a file
  std::string link = "";
};

enum class ArchiveForm { kZip, kTarGzip };

struct ArchiveOptions {
  const char* encryption = nullptr;
  const char* compression = nullptr;
};

// Writes one, whatever its entries are.
void MakeArchive(const std::filesystem::path& file, ArchiveForm form, const std::vector<ArchivedEntry>& entries,
                 const ArchiveOptions& options = {});

}  // namespace trireme
