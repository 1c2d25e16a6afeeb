// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace trireme {

// A key that nobody has guessed: "trireme_" and 256 random bits as 64 hexadecimal digits. The word in front is for
// programs that look for secrets where none belong.
std::string NewKey();

}  // namespace trireme
