// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace trireme {

// Of the whole server; CHANGELOG.md says what is in it.
inline constexpr const char* kVersion = "0.1.0";

}  // namespace trireme
