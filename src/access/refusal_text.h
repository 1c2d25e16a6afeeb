// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "access/operation.h"

namespace trireme {

// Who shows one of TorchServe's keys (token_authoriser.h).
inline constexpr std::string_view kInferenceTokenHolder = "torchserve-inference";
inline constexpr std::string_view kManagementTokenHolder = "torchserve-management";
inline constexpr std::string_view kApiTokenHolder = "torchserve-api";

// What a caller is told who may not do this: which role of a key (key_grant.h) opens it, or which of TorchServe's keys
// where he came with one of these. `model` may be empty, and may be of any length.
std::string RefusalText(std::string_view principal, Operation operation, std::string_view model);

}  // namespace trireme
