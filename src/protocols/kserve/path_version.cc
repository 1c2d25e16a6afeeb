// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/path_version.h"

#include <charconv>
#include <string>

#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<std::optional<int64_t>> ParsePathVersion(std::string_view digits) {
  if (digits.empty()) return std::optional<int64_t>();
  const std::optional<int64_t> version = WholeNumber(digits);
  if (!version) return NotFound("no version '" + std::string(digits) + "': expected a whole number below 2^63");
  return version;
}

Result<std::optional<int64_t>> ParseMessageVersion(std::string_view text) {
  if (text.empty()) return std::optional<int64_t>();
  const std::optional<int64_t> version = WholeNumber(text);
  if (!version || *version <= 0) {
    return InvalidArgument("model version: expected a whole number above 0 and below 2^63, found " + Quoted(text));
  }
  return version;
}

}  // namespace trireme::kserve
