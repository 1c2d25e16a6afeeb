// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "onnxfile/element_type.h"

namespace trireme::bench {

// Changes weights a little, so that two models of one shape have nothing in common that could be shared: the last bits
// of every element get a pattern of their own. What is zero, not finite or too small to be a normal float stays, so a
// run costs what it did. Types that FindWeights() does not name are left alone.
//
// `elements` are whole ones, of which `first` come before in the same span. The same seed gives the same pattern, which
// applied twice gives what there was. A pure function.
void Perturb(onnxfile::ElementType type, std::span<char> elements, uint64_t first, uint64_t seed);

}  // namespace trireme::bench
