// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trireme {

// Which of `names` was probably meant by `name`: the one that the fewest insertions, deletions and substitutions of
// letters lead to, if they are few for its length; else nothing.
std::optional<std::string> NearestName(std::string_view name, std::span<const std::string> names);

// "did you mean \"dims\"?", or nothing.
std::string DidYouMean(std::string_view name, std::span<const std::string> names);

}  // namespace trireme
