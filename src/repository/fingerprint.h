// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/status.h"
#include "repository/scan.h"

namespace trireme {

struct Fingerprint {
  uint64_t value = 0;
  uint64_t weights = 0;  // the part of it that decides what opening the model gives: its files, the runtime's settings
  uint64_t file_bytes = 0;    // of the model's files: what it will take in memory, roughly
  uint64_t warmup_bytes = 0;  // see ModelEntry
};

// A value that is another one when a file of the model has changed, or how it is to be run: of what lies in the folder
// of the model file where that is a version's own, but for its manifest, else of the file and its external data; of
// label and warm-up files and recorded requests; of the config's text, by its hash, and of entry.config. A file has
// changed when its path, size, time of change, inode, owner or rights have: contents are not read, and of a folder with
// very many files only the first are looked at. kUnavailable: what may be read could not be, so that nothing can be
// said of a change.
Result<Fingerprint> FingerprintOf(const ModelEntry& entry, const std::filesystem::path& version_folder,
                                  uint64_t config_hash);

// Of a config's text: once a model, for all its versions.
uint64_t HashOf(std::string_view text);

}  // namespace trireme
