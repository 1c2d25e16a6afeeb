// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace trireme
