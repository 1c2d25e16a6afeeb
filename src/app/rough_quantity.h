// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace trireme {

// Quantities as people like to read them, no more exact than that.

// "512 bytes", "12.3 MiB", "340 MiB".
std::string RoughBytes(uint64_t bytes);

// How long something took: "850 us", "12 ms", "1.2 s", "340 s".
std::string RoughTime(std::chrono::duration<double> time);

// How long ago something was, in one unit: "now", "45s", "5m", "3h", "12d".
std::string RoughAge(std::chrono::duration<double> age);

}  // namespace trireme
