// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// Where TorchServe's workflow archives keep what they say of themselves.
inline constexpr const char* kWarManifestName = "WAR-INF/MANIFEST.json";
inline constexpr size_t kMaxWarManifestBytes = size_t{1} << 20;

// WAR-INF/MANIFEST.json of a TorchServe workflow archive. What is not given is empty; names of files are relative and
// stay below the archive's folder.
struct WarManifest {
  std::string workflow_name;     // as CheckOpaqueName wants it
  std::string workflow_version;  // a text that means nothing
  std::string spec_file;         // the YAML file with its models and their order
  std::string handler;           // Python with its functions
  std::string created_on;
  std::string archiver_version;
};

// Reads one. kInvalidArgument has TorchServe's own text where a required entry is missing ("Missing Workflow entry in
// manifest file.", "Workflow name is not defined."), else it names the entry, what was expected and what was found.
// Unknown entries say nothing. Any bytes may come.
Result<WarManifest> ParseWarManifest(std::string_view json);

}  // namespace trireme
