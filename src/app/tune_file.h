// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "app/settings.h"
#include "base/status.h"

namespace trireme {

// A model in such a file.
struct TuneFileModel {
  std::filesystem::path path;
  SettingTexts settings;  // its own
};

// Several models whose settings are to be searched.
struct TuneFile {
  SettingTexts settings;  // of all
  std::vector<TuneFileModel> models;
};

// Whether an argument is such a file: by its ending.
bool IsTuneFile(const std::filesystem::path& path);

// Reads a YAML map: `models` is a list of maps, each with `path` and any of `model_settings`; beside it stand any of
// `settings` and `model_settings`, which then are those of all models that have none of their own. Paths of models and
// samples are relative to the file's folder. Errors name file, line and key, and the nearest that is known.
Result<TuneFile> ReadTuneFile(const std::filesystem::path& file, std::span<const Setting> settings,
                              std::span<const Setting> model_settings);

}  // namespace trireme
