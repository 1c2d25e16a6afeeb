// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "wire/admin/listing.h"

namespace trireme::admin {

// What the engine knows, as a message; of one model alone if `name` is not empty.
Listing ListingOf(const std::vector<ModelOverview>& models, const std::vector<DeviceMemory>& memory,
                  std::string_view name = {});

}  // namespace trireme::admin
