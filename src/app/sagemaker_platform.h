// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// What SageMaker's platform says to a container, which it runs as `docker run IMAGE serve`: nothing on the command
// line, all in the environment and in folders of fixed names.
struct SagemakerPlatform {
  SettingTexts settings;                    // what it comes to; everything else decides first
  std::vector<std::string> flags;           // SAGEMAKER_TRITON_ADDITIONAL_ARGS
  std::vector<std::string> without_effect;  // variables that are set and mean nothing here
};

// Nothing if the environment is another one: none of the platform's variables is set, and neither /opt/ml/model nor
// /opt/ml/models is there. SAGEMAKER_BASE_DIR moves /opt/ml. kInvalidArgument names a variable that says neither yes
// nor no.
Result<std::optional<SagemakerPlatform>> ReadSagemakerPlatform(const Environment& environment);

// Whether the command line leaves it to the platform what is served: it names no path, or the platform's word `serve`.
bool LeavesPathsOpen(std::span<const SettingTexts* const> sources);

// The model that /invocations is for: `wanted`, which must be there, or the only one in `paths`; empty: there is none
// that could be it yet. kInvalidArgument: there are several, or not the wanted one; the message names those there are.
Result<std::string> ChooseDefaultModel(std::span<const std::filesystem::path> paths, const std::string& wanted);

}  // namespace trireme
