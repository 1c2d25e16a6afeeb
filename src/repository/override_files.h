// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/status.h"

namespace trireme {

// Writes the files of a LoadOverride, by "<version>/<name>", as a model's folder at `folder`, which must not exist. A
// name may have folders of its own, and leads nowhere else. kInvalidArgument: names that are none, or that contradict
// one another.
Status WriteOverrideFiles(const std::map<std::string, std::string>& files, const std::filesystem::path& folder);

}  // namespace trireme
