// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "repository/candidate.h"
#include "repository/digest_book.h"

namespace trireme {

// What a version's manifest says of its folder.
struct ManifestCheck {
  bool is_present = false;
  // Why the version is not whole; nothing: it is, as far as anybody says. Names the file, what was expected of it and
  // what was found. kNotFound: something is not there yet; else something is wrong.
  std::optional<Complaint> complaint = {};
};

// Compares the files that lie in a version's folder with its SHA256SUMS (repository/manifest.h), as long as that takes:
// those that are not listed do not count. Links are followed as far as they stay in the folder. `required`: to have no
// manifest is a reason too.
ManifestCheck CheckManifest(const std::filesystem::path& version_folder, bool required, DigestBook& digests);

}  // namespace trireme
