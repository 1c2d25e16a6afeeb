// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/status.h"

namespace trireme {

// The model that a gRPC message names in this string field of it, or of a message in it (GrpcMethod::model_within): as
// protobuf reads it, so the last one counts where there are several, and none is the empty name. kInvalidArgument: the
// bytes are no protobuf, the field is no string, or there are so many fields that to look for it takes long. A view
// into `message`.
Result<std::string_view> MessageModel(std::span<const std::byte> message, int field, std::span<const int> within = {});

}  // namespace trireme
