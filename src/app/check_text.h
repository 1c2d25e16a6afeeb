// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lifecycle/check.h"

namespace trireme {

// A report for people: a block a model, then what belongs to none, then a sum. With `colours` for a terminal that knows
// them. Whatever a file's or a tensor's name holds, a terminal is not told to do anything else.
std::string CheckText(const CheckReport& report, bool colours);

}  // namespace trireme
