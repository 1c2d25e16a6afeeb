// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/settings.h"

namespace trireme {

// What a command tells the person who asks it for help.
struct CommandText {
  std::string name;      // "trireme serve"
  std::string purpose;   // one line
  std::string examples;  // stands at the end
};

// The help text, if --help is among the flags.
struct HelpWanted {
  std::string text;
};

// What the command line says of `settings`. Errors name the flag; one about an unknown flag also names the nearest.
Result<std::variant<SettingTexts, HelpWanted>> ReadFlags(const CommandText& command, std::span<const Setting> settings,
                                                         std::span<const std::string> arguments);

}  // namespace trireme
