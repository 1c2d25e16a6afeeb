// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "onnxfile/graph_index.h"

namespace trireme::onnxfile {

// How an operator takes to FP16.
struct Fp16Rule {
  enum class Kind : uint8_t {
    kStays,    // in FP32: it is easily out of FP16's range, needs more digits, or does not take FP16
    kFollows,  // if what it reads is in FP16 already: it gains little by itself
    kPays,     // always: FP16 is what the device has its units for
    kAny,      // takes a tensor of any type, and gives something else
  };

  Kind kind = Kind::kStays;
  // Inputs of the type that changes, bit by bit; the others (axes, indexes, scales of Resize) keep theirs. Bit 31
  // stands for all from there on.
  uint32_t inputs = ~0U;

  bool Changes(size_t input) const { return (inputs >> (input < 31 ? input : 31) & 1U) != 0; }
};

// Only the first output changes; a node that gives more than that stays.
Fp16Rule RuleOf(const IndexedNode& node);

// Whether it computes with FP32 where it is given FP32, whatever becomes of it: then what it gives is FP32 too. For the
// types of values that nobody declares.
bool GivesTypeOfInput(const IndexedNode& node);

}  // namespace trireme::onnxfile
