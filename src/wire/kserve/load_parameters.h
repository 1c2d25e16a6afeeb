// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "wire/kserve/place.h"
#include "wire/kserve/repository_request.h"

namespace trireme::kserve {

// The parameters of a request to load a model, which JSON and gRPC share.
inline constexpr std::string_view kFilePrefix = "file:";

// The path of the file that a parameter of this name holds, which begins with kFilePrefix. kInvalidArgument: it is none
// or leads elsewhere, or there are too many already.
Result<std::string> FilePath(std::string_view name, const Place& place, const LoadRequest& request);

// When all have been read. kInvalidArgument: the config is empty, or there is none for the files.
Status SetConfig(std::optional<std::string> config, const Place& parameters, LoadRequest& request);

// What is said of a parameter that is none of those `known`.
Status UnknownParameter(const Place& place, std::string_view known);
inline constexpr std::string_view kKnownToLoad = "'config' or 'file:<version>/<name>'";
inline constexpr std::string_view kKnownToUnload = "'unload_dependents'";

}  // namespace trireme::kserve
