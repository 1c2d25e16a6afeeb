// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "backends/trees/tree_blocks.h"
#include "base/status.h"

namespace trireme::trees {

// What the walks are written for. Each gives the same bits.
enum class InstructionSet : uint8_t { kScalar, kAvx2, kAvx512 };

std::string_view Name(InstructionSet set);  // "avx512"

// The best that this processor has.
InstructionSet BestInstructionSet();

// "scalar", "avx2", "avx512" or "auto". kInvalidArgument: another word, or one that this processor has not.
Result<InstructionSet> ParseInstructionSet(std::string_view text);

// How rows of so many columns are walked. Rows wider than any vector walk takes go the scalar way.
struct ChosenWalk {
  Walk walk = nullptr;
  uint32_t columns = 0;  // floats that it reads of a row, at least
  InstructionSet set = InstructionSet::kScalar;
};
ChosenWalk ChooseWalk(InstructionSet set, uint32_t columns);

}  // namespace trireme::trees
