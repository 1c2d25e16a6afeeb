// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/instruction_set.h"

#include <algorithm>
#include <bit>
#include <string>

namespace trireme::trees {
namespace {

bool Has(InstructionSet set) {
#ifdef __x86_64__
  // As CMakeLists.txt compiles the walks.
  const bool has_avx2 = Avx2Walks().most_columns > 0 && __builtin_cpu_supports("avx2") != 0 &&
                        __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
  if (set == InstructionSet::kAvx2) return has_avx2;
  if (set == InstructionSet::kAvx512) {
    return has_avx2 && Avx512Walks().most_columns > 0 && __builtin_cpu_supports("avx512f") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
           __builtin_cpu_supports("avx512bw") != 0;
  }
#endif
  return set == InstructionSet::kScalar;
}

VectorWalks WalksOf(InstructionSet set) {
  if (set == InstructionSet::kAvx512) return Avx512Walks();
  if (set == InstructionSet::kAvx2) return Avx2Walks();
  return {0, nullptr};
}

}  // namespace

std::string_view Name(InstructionSet set) {
  switch (set) {
    case InstructionSet::kScalar:
      return "scalar";
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kAvx512:
      return "avx512";
  }
  return "unknown";
}

InstructionSet BestInstructionSet() {
  for (const InstructionSet set : {InstructionSet::kAvx512, InstructionSet::kAvx2}) {
    if (Has(set)) return set;
  }
  return InstructionSet::kScalar;
}

Result<InstructionSet> ParseInstructionSet(std::string_view text) {
  if (text == "auto") return BestInstructionSet();
  for (const InstructionSet set : {InstructionSet::kScalar, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    if (text != Name(set)) continue;
    if (Has(set)) return set;
    return InvalidArgument("expected what this processor has (" + std::string(Name(BestInstructionSet())) +
                           " at best), found '" + std::string(text) + "'");
  }
  return InvalidArgument("expected auto, scalar, avx2 or avx512, found '" + std::string(text.substr(0, 40)) + "'");
}

ChosenWalk ChooseWalk(InstructionSet set, uint32_t columns) {
  const VectorWalks walks = WalksOf(set);
  // Splits that are missing look at the first column, whether there is any other or not.
  if (walks.for_columns == nullptr || columns > walks.most_columns) {
    return {.walk = ScalarWalk(), .columns = std::max(1U, columns)};
  }
  const uint32_t least = set == InstructionSet::kAvx512 ? 16 : 8;
  return {.walk = walks.for_columns(columns), .columns = std::max(least, std::bit_ceil(columns)), .set = set};
}

}  // namespace trireme::trees
