// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/path_version.h"

#include <charconv>
#include <cstdint>
#include <optional>
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

Result<VersionChoice> ParsePathVersion(std::string_view text) {
  if (text.empty()) return VersionChoice();
  if (IsVersionLabel(text)) return VersionChoice::OfLabel(std::string(text));
  const std::optional<int64_t> version = WholeNumber(text);
  if (!version) return NotFound("no version '" + std::string(text) + "': expected a whole number below 2^63");
  return VersionChoice(version);
}

Result<VersionChoice> ParseMessageVersion(std::string_view text) {
  if (text.empty()) return VersionChoice();
  if (IsVersionLabel(text)) return VersionChoice::OfLabel(std::string(text));
  const std::optional<int64_t> version = WholeNumber(text);
  if (!version || *version <= 0) {
    return InvalidArgument("model version: expected a label or a whole number above 0 and below 2^63, found " +
                           Quoted(text));
  }
  return VersionChoice(version);
}

}  // namespace trireme::kserve
