// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/allowed_urls.h"

#include <algorithm>

#include "base/excerpt.h"
#include "base/log.h"
#include "base/trimmed.h"

namespace trireme::torchserve {
namespace {

// Steps and memory of a match grow with the URL's length, whatever the pattern: libstdc++ goes all ways at once, and
// has no back-references then.
constexpr auto kPolynomial = std::regex_constants::__polynomial;

// std::regex reads parentheses within parentheses by recursion.
constexpr size_t kMaxPatternBytes = 1024;

}  // namespace

Result<AllowedUrls> AllowedUrls::Parse(std::string_view patterns) {
  AllowedUrls allowed;
  while (!patterns.empty()) {
    const size_t comma = std::min(patterns.find(','), patterns.size());
    const std::string pattern(Trimmed(patterns.substr(0, comma), kBlanksAndBreaks));
    patterns.remove_prefix(std::min(comma + 1, patterns.size()));
    if (pattern.empty()) continue;
    if (pattern.size() > kMaxPatternBytes) {
      return InvalidArgument("expected regular expressions of at most " + std::to_string(kMaxPatternBytes) +
                             " bytes, found one of " + std::to_string(pattern.size()) + ": " +
                             PlainText(Excerpt(pattern)));
    }
    try {
      allowed.compiled_.emplace_back(pattern, std::regex::ECMAScript | std::regex::icase | kPolynomial);
    } catch (const std::regex_error& e) {
      return InvalidArgument("expected regular expressions with commas between them, found " +
                             PlainText(Excerpt(pattern)) + ": " + e.what());
    }
    allowed.patterns_.push_back(pattern);
  }
  if (allowed.patterns_.empty()) return InvalidArgument("expected a regular expression at least, found none");
  return allowed;
}

bool AllowedUrls::Allow(std::string_view url) const {
  if (url.size() > kMaxUrlBytes || url.find("..") != std::string_view::npos) return false;
  return std::any_of(compiled_.begin(), compiled_.end(),
                     [&](const std::regex& each) { return std::regex_match(url.begin(), url.end(), each); });
}

}  // namespace trireme::torchserve
