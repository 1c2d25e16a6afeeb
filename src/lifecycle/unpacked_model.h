// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/scratch_folder.h"
#include "base/status.h"
#include "repository/scan.h"

namespace trireme {

// A model as a backend can open it: one in an archive is unpacked into a scratch folder, and its entry leads there.
struct UnpackedModel {
  ModelEntry entry;
  std::shared_ptr<const ScratchFolder> folder;  // shared with whoever still reads the files; null: there is none
};

// Takes time of the archive's size. Errors are those of ExtractArchive.
Result<UnpackedModel> Unpack(const ModelEntry& entry);

}  // namespace trireme
