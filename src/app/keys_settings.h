// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// What can be set for `trireme keys ACTION`; writes to `options`, which must outlive it and has the action.
std::vector<Setting> KeysSettings(KeysOptions& options);

// What no single setting can see.
Status CheckKeysOptions(const KeysOptions& options);

}  // namespace trireme
