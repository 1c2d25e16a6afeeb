// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "base/status.h"

namespace trireme::kserve {

// GET and POST /v2/logging ("Logging" extension). The log goes where the server was told to write it, in one form:
// log_file is always empty, log_format always "default".
std::string EncodeLogSettings(const Logger::Settings& settings);

// What the settings are after a client's change of those it names. kInvalidArgument names the field: it is unknown, of
// the wrong kind, or would name a file, which no client may.
Result<Logger::Settings> DecodeLogSettings(std::string_view text, const Logger::Settings& now);

}  // namespace trireme::kserve
