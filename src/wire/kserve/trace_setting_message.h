// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "wire/kserve/grpc_settings.h"

namespace trireme::kserve {

// GET and POST /v2/trace/setting and /v2/models/M/trace/setting ("Trace" extension): trace_level is a list of strings,
// everything else a string, also where it is a number.
std::string EncodeTraceSettings(const TraceSettingValues& settings);

// A client's change: a list, a string, or null to clear a setting. Which settings there are and what their values may
// be is not looked at here. An empty text changes nothing.
Result<TraceSettingValues> DecodeTraceSettings(std::string_view text);

}  // namespace trireme::kserve
