// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"

namespace trireme {

// Settings of Triton that have no counterpart here, so that its users' scripts and files work as they are. The help is
// silent about them.
//
// Most are accepted and noted in `without_effect` ("--grpc-port"), which must outlive them, for somebody to say so.
// Those that would change who may do what are refused unless their value says that nothing shall change.
std::vector<Setting> TritonSettings(std::vector<std::string>& without_effect);

// How Triton bounds its response cache: --cache-config local,size=BYTES, and --response-cache-byte-size BYTES before
// that. Writes to `max_bytes`, which must outlive them.
std::vector<Setting> TritonCacheSettings(std::optional<uint64_t>& max_bytes);

}  // namespace trireme
