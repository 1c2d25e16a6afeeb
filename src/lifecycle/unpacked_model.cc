// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/unpacked_model.h"

#include <utility>

#include "repository/archive.h"

namespace trireme {

Result<UnpackedModel> Unpack(const ModelEntry& entry) {
  UnpackedModel model{.entry = entry, .folder = nullptr};
  if (entry.archived_file.empty()) return model;
  ASSIGN_OR_RETURN(model.folder, ScratchFolder::Make());
  const std::filesystem::path folder = model.folder->path() / "archive";
  RETURN_IF_ERROR(ExtractArchive(entry.path, folder).status());
  model.entry.folder = folder;
  model.entry.path = folder / entry.archived_file;
  model.entry.archived_file.clear();
  return model;
}

}  // namespace trireme
