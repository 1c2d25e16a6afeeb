// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "repository/read_config.h"
#include "repository/scan.h"

namespace trireme {

struct ReadOptions {
  ScanOptions scan;
  std::string config_json;            // instead of the config file; empty: that
  bool any_name = false;              // the config may call the model otherwise: who asks has chosen a name
  const NamedModel* named = nullptr;  // it is this one
};

// How messages name a config that came with a load request.
inline constexpr const char* kOverrideName = "config";

// The config of the model `name` in `folder`: options.config_json, configs/<config_name>.pbtxt or config.pbtxt, the
// first that there is. Without any: the defaults, and declared.file is empty.
ConfigFile ReadConfigOf(const std::filesystem::path& folder, const std::string& name, const ReadOptions& options);

// The same for a model that has no folder of its own: options.config_json or the defaults.
ConfigFile ReadConfigWithoutFolder(const std::string& name, const ReadOptions& options);

}  // namespace trireme
