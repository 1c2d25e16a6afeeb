// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace trireme {

// Where this binary's plug-ins lie: beside it, after links are followed.
std::filesystem::path PluginFolder();

}  // namespace trireme
