// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace trireme {

// The 16-bit floating types, as their bits: FP16 is IEEE 754 binary16, BF16 the upper half of a binary32.
//
// Narrowing rounds to the nearest, ties to even; beyond the largest it gives an infinity. Widening is exact.
uint16_t NarrowToFp16(double value);
uint16_t NarrowToBf16(double value);
float WidenFp16(uint16_t bits);
float WidenBf16(uint16_t bits);

inline constexpr double kMaxFp16 = 65504.0;
inline constexpr double kMaxBf16 = 0x1.FEp127;

}  // namespace trireme
