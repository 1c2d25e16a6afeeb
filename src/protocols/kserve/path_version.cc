// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/path_version.h"

#include <charconv>
#include <string>

namespace trireme::kserve {

Result<std::optional<int64_t>> ParsePathVersion(std::string_view digits) {
  if (digits.empty()) return std::optional<int64_t>();
  int64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return NotFound("no version '" + std::string(digits) + "': expected a whole number below 2^63");
  }
  return std::optional<int64_t>(version);
}

}  // namespace trireme::kserve
