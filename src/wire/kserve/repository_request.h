// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::kserve {

// POST /v2/repository/models/M/load ("Model Repository" extension): an optional object with "parameters".
struct LoadRequest {
  std::string config;                        // a ModelConfig as JSON, not yet looked at; empty: none
  std::map<std::string, std::string> files;  // by "<version>/<name>", their bytes
};

// Reads one. kInvalidArgument: a parameter that is unknown or of the wrong kind, a file that is not Base64, whose path
// is not "<version>/<name>" or leads elsewhere, or files without a config.
Result<LoadRequest> DecodeLoadRequest(std::string_view text);

// POST /v2/repository/models/M/unload.
struct UnloadRequest {
  bool unload_dependents = false;
};
Result<UnloadRequest> DecodeUnloadRequest(std::string_view text);

}  // namespace trireme::kserve
