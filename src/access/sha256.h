// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trireme {

using Digest = std::array<uint8_t, 32>;

Digest Sha256(std::string_view bytes);

// Takes the same time whatever they are.
bool AreEqual(const Digest& a, const Digest& b);

// 64 digits, small letters.
std::string ToHex(const Digest& digest);
// From 64 digits, small or capital letters; nothing if it is anything else.
std::optional<Digest> DigestFromHex(std::string_view hex);

}  // namespace trireme
