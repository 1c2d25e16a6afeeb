// SPDX-License-Identifier: Apache-2.0
#include "bench/perturb.h"

#include <cstddef>
#include <cstring>

namespace trireme::bench {
namespace {

using onnxfile::ElementType;

// SplitMix64 (https://prng.di.unimi.it/splitmix64.c): any number, well mixed.
uint64_t Mixed(uint64_t number) {
  number += 0x9E3779B97F4A7C15;
  number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
  number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
  return number ^ (number >> 31);
}

// Bits of an element: those of the exponent (none of an integer), and those that a pattern may change.
template <typename Bits>
struct Layout {
  Bits exponent = 0;
  Bits noise = 0;
};

template <typename Bits>
void PerturbAs(Layout<Bits> layout, std::span<char> elements, uint64_t first, uint64_t seed) {
  for (size_t i = 0; i < elements.size() / sizeof(Bits); ++i) {
    Bits bits;
    char* const at = elements.data() + i * sizeof(Bits);
    std::memcpy(&bits, at, sizeof bits);
    const Bits exponent = bits & layout.exponent;
    const bool is_special = layout.exponent != 0 && (exponent == 0 || exponent == layout.exponent);
    if (is_special) continue;
    bits = static_cast<Bits>(bits ^ (Mixed(seed ^ Mixed(first + i)) & layout.noise));
    std::memcpy(at, &bits, sizeof bits);
  }
}

}  // namespace

void Perturb(ElementType type, std::span<char> elements, uint64_t first, uint64_t seed) {
  switch (type) {
    case ElementType::kFloat:
      return PerturbAs<uint32_t>({.exponent = 0x7F800000, .noise = 0xFF}, elements, first, seed);
    case ElementType::kDouble:
      return PerturbAs<uint64_t>({.exponent = 0x7FF0000000000000, .noise = 0xFFFFFFFF}, elements, first, seed);
    case ElementType::kFloat16:
      return PerturbAs<uint16_t>({.exponent = 0x7C00, .noise = 1}, elements, first, seed);
    case ElementType::kBfloat16:
      return PerturbAs<uint16_t>({.exponent = 0x7F80, .noise = 1}, elements, first, seed);
    case ElementType::kInt8:
    case ElementType::kUint8:
      return PerturbAs<uint8_t>({.exponent = 0, .noise = 1}, elements, first, seed);
    default:
      return;
  }
}

}  // namespace trireme::bench
