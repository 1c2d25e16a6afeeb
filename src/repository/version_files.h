// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "repository/file_stamp.h"
#include "repository/scan.h"

namespace trireme {

struct VersionFile {
  std::string name;            // in the version's folder: "model.onnx", "weights/a.bin"
  std::filesystem::path path;  // where it is read
  FileStamp stamp;
};

// What a version is made of: two with the same `model` and the same contents under the same names are the same model,
// wherever they lie.
struct VersionFiles {
  std::string model;               // the one of the names that a backend opens; empty: it opens the whole folder
  std::vector<VersionFile> files;  // by name, as bytes compare
};

// The list of a list of files: it says what the others are, and is none of them.
inline constexpr const char* kManifestName = "SHA256SUMS";

// The files of a version, links followed, hidden ones too (a model may keep its weights in one): all that lie in its
// folder but for its manifest and recorded requests. A model that is a plain file among others is called "model.onnx"
// here, whatever it is called there, and has those files besides that it names itself, as far as they are there: its
// external data.
//
// Looks at folders and the structure of a plain file; reads no weights. kUnavailable: a folder that cannot be read;
// kTooLarge: more than 10,000 files or 16 folders in one another, which may be a link in a circle. Thread-safe.
Result<VersionFiles> FilesOfVersion(const ModelEntry& entry);

// Whether two versions may have the same contents: as many files, under the same names and of the same sizes. Costs
// nothing, and rules out nearly all that differ.
bool MayBeTheSame(const VersionFiles& a, const VersionFiles& b);

}  // namespace trireme
