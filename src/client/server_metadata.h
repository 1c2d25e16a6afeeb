// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"
#include "wire/kserve/metadata.h"

namespace trireme::client {

// Reads the answer to GET /v2: name and version, without the extensions. What it does not say is empty.
Result<kserve::ServerMetadata> DecodeServerMetadata(std::string_view text);

}  // namespace trireme::client
