// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "repository/config_message.h"
#include "repository/finding.h"

namespace trireme {

// The first string of a config that is not UTF-8, with its place in the text as well as that is known; nothing: all
// are.
std::optional<FieldPlace> FindBadUtf8(const ConfigMessage& config);

}  // namespace trireme
