// SPDX-License-Identifier: Apache-2.0
#include "base/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace trireme {
namespace {

constexpr size_t kLongestName = 256;  // nobody mistypes more than that, and the comparison is quadratic

// Levenshtein's.
size_t Distance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < to.size(); ++j) {
      const size_t substituted = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> NearestName(std::string_view name, std::span<const std::string> names) {
  if (name.size() > kLongestName) return std::nullopt;
  const std::string* nearest = nullptr;
  size_t least = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string& known : names) {
    if (known.size() > kLongestName) continue;
    const size_t distance = Distance(name, known);
    if (distance >= least || distance >= std::max(name.size(), known.size())) continue;
    least = distance;
    nearest = &known;
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

std::string DidYouMean(std::string_view name, std::span<const std::string> names) {
  const auto nearest = NearestName(name, names);
  return nearest ? "did you mean \"" + *nearest + "\"?" : "";
}

}  // namespace trireme
