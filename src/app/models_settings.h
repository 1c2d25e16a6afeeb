// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "app/flags.h"
#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// What the arguments behind `trireme models` begin with, taken off them: the action, kList if they name none.
// kInvalidArgument: a word that is none.
Result<ModelsOptions::Action> TakeModelsAction(std::span<const std::string>& arguments);

// What can be set for `trireme models ACTION`; writes to `options`, which must outlive it and has the action.
std::vector<Setting> ModelsSettings(ModelsOptions& options);

// What no single setting can see.
Status CheckModelsOptions(const ModelsOptions& options);

const char* ModelsHelp();
CommandText ModelsText(ModelsOptions::Action action);

}  // namespace trireme
