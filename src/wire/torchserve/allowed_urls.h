// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme::torchserve {

// Where models may come from: regular expressions (ECMAScript's without back-references, which are Java's but for rare
// forms), of which one must match the whole URL, upper and lower case alike. They are the operator's own; URLs are
// anybody's, and bounded: a match takes time of their length times that of the pattern. A value; thread-safe once made.
class AllowedUrls {
 public:
  static constexpr const char* kDefault = "file://.*|http(s)?://.*";
  static constexpr size_t kMaxUrlBytes = 2048;

  // Separated by commas. kInvalidArgument: one is no regular expression, or there is none.
  static Result<AllowedUrls> Parse(std::string_view patterns);

  // False of what is longer than kMaxUrlBytes, or has "..": a path that is matched must be the one that is opened.
  bool Allow(std::string_view url) const;

  const std::vector<std::string>& patterns() const { return patterns_; }

 private:
  std::vector<std::string> patterns_;
  std::vector<std::regex> compiled_;
};

}  // namespace trireme::torchserve
