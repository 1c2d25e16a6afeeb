// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/status.h"

namespace trireme::kserve {

// Log settings as a client sends them, in JSON or over gRPC.
struct LogFields {
  std::optional<bool> info;
  std::optional<bool> warning;
  std::optional<bool> error;
  std::optional<uint64_t> verbose_level;
  std::optional<std::string> file;
  std::optional<std::string> format;
};

// What the settings are after it. kInvalidArgument: it would change what no client may, or is out of range.
Result<Logger::Settings> Apply(const LogFields& fields, const Logger::Settings& now);

// What is said of a key that is none of them.
Status UnknownLogSetting(std::string_view key);

}  // namespace trireme::kserve
