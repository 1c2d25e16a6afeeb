// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace trireme {

// Which version of a model somebody means: a number, what a label leads to, or, if neither is set, the newest.
struct VersionChoice {
  std::optional<int64_t> number;
  std::string label;

  VersionChoice() = default;
  VersionChoice(std::optional<int64_t> version) : number(version) {}  // NOLINT: as intended, implicit
  VersionChoice(std::nullopt_t) {}                                    // NOLINT: the same
  VersionChoice(int64_t version) : number(version) {}                 // NOLINT: the same

  static VersionChoice OfLabel(std::string label) {
    VersionChoice choice;
    choice.label = std::move(label);
    return choice;
  }

  bool operator==(const VersionChoice&) const = default;

  bool any() const { return !number && label.empty(); }
};

// A label of a version ("stable", "canary"): a letter, then letters, digits, '_', '-' and '.', at most 64 in all. So no
// label looks like a number.
bool IsVersionLabel(std::string_view text);

}  // namespace trireme
