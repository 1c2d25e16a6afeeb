// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/status.h"
#include "tune/options.h"

namespace trireme {

// A model's settings as they are said, before they are put together.
struct TuneModelDraft {
  tune::TuneModel model;
  std::vector<std::string> spaces;  // --space and --grid, as they were given
  std::vector<tune::Precision> precision;
  std::vector<std::string> devices;
};

// What can be set for `trireme tune` as a whole; writes to what is given, which must outlive it.
std::vector<Setting> TuneSettings(tune::TuneOptions& options, std::vector<std::string>& paths);

// What can be set for each model: as flags for all of them, and in a file for each.
std::vector<Setting> TuneModelSettings(TuneModelDraft& draft);

// Puts a model's settings together. kInvalidArgument: they contradict one another.
Result<tune::TuneModel> Settle(TuneModelDraft draft, const std::filesystem::path& path);

// "tune-resnet50", for a model or a file that is called so.
std::filesystem::path UsualTuneFolder(const std::filesystem::path& path);

}  // namespace trireme
