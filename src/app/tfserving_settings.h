// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// TF Serving's listeners, and what its configuration files say.
std::vector<Setting> TfservingSettings(TfservingFlags& flags);

// What model_server_command.h passes on, which nobody else sets: flags without effect go to `without_effect`.
std::vector<Setting> ModelServerSettings(TfservingFlags& flags, std::vector<std::string>& without_effect);

// What the batching parameters in `file` say, in the words of our settings, each of which may still be set otherwise.
// What has no effect goes to the remarks. kInvalidArgument names file, line and column.
Result<SettingTexts> ReadTfservingBatching(const std::string& file, TfservingFlags& flags);

// Reads the other files that are named: the list of models and the monitoring config.
Status SettleTfserving(ServeOptions& options);

// The models of a ModelServerConfig, whose base paths must be there.
Result<std::vector<tfserving::ServedModel>> ReadModelConfigFile(const std::string& file);

// What such a file says and is not honoured, for the log.
std::vector<std::string> RemarksOn(const std::vector<tfserving::ServedModel>& models, const std::string& file);

// A ModelServerConfig among the paths, which is taken out of them: a text file that has a model_config_list. Nothing if
// there is none; kInvalidArgument: there are several.
Result<std::optional<std::string>> TakeModelConfigFile(std::vector<std::filesystem::path>& paths);

// kInvalidArgument: what is set has no use without the dialect.
Status CheckTfserving(const ServeOptions& options);

// TF Serving's listeners, as the server wants them.
TfservingListeners TfservingListenersOf(const ServeOptions& options);

}  // namespace trireme
