// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace trireme::transform {

// JSON as Python's json.dumps writes it, appended to a text: TorchServe's answers are made by it, so that programs
// which compare them byte for byte find what they know.

// A Python float: 1.0, 0.25, 1e-05, 1e+16; the shortest that reads back as the same double. A float of 32 bits is
// widened first, as tolist() does, which shows in its digits: 0.10000000149011612. `value` is finite.
void AppendPythonFloat(std::string& out, double value);

// With quotes and nothing but ASCII. What is no UTF-8 becomes U+FFFD.
void AppendPythonString(std::string& out, std::string_view text);

}  // namespace trireme::transform
