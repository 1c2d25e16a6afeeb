// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/status.h"

namespace trireme {

// TF Serving's command line: what the program is called by a link of that name.
inline constexpr std::string_view kModelServerName = "tensorflow_model_server";

// Whether the program was started by that name.
bool IsModelServer(std::string_view program);

// Whether help is asked for, and what it says: each of the flags in our words.
bool AsksForModelServerHelp(std::span<const std::string> arguments);
std::string ModelServerHelp();

// What went wrong, of settings that the flags were translated to, in the words of who gave the flags.
std::string InModelServerWords(std::string message);

// The same in our words: the arguments behind "trireme". Those that mean nothing here are passed on as one
// --tfserving-ignored each, with the reason, for the log to name them once. kInvalidArgument: an unknown flag, a wrong
// value, or a flag that promises what is not there.
Result<std::vector<std::string>> TranslateModelServer(std::span<const std::string> arguments);

// What is so there where nobody says otherwise: neither `said`, which are the translated flags, nor the environment,
// nor a file.
SettingTexts ModelServerDefaults(std::span<const SettingTexts* const> said);

}  // namespace trireme
