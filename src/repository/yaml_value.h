// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme {

// A value of a YAML file. What a plain word means is decided as PyYAML and SnakeYAML do (YAML 1.1): yes and off are
// booleans, 010 is 8, 1e5 without a point is a text; but 1_000, 0b1 and 1:30 are texts.
struct YamlValue {
  struct Member;
  enum class Kind : uint8_t { kNull, kBool, kInteger, kNumber, kText, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 0;          // from 1
  int key_line = 0;      // of a map's member: that of its key
  int earlier_line = 0;  // of a map's member: where the same key stands before, whose value does not count; 0: nowhere
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;  // finite
  std::string text;   // of what is neither list nor map: as it is written, without quotes
  std::vector<YamlValue> items;
  std::vector<Member> members;  // each key once, where it came last

  // "a list", "the number 1.5", "the text \"abc\"": for messages.
  std::string Described() const;
  // As JSON, on one line.
  void AppendJson(std::string& out) const;
};

struct YamlValue::Member {
  std::string key;
  YamlValue value;
};

struct YamlLimits {
  size_t bytes = size_t{64} << 10;  // of the text
  size_t values = 10'000;           // once aliases are followed
  size_t value_bytes = size_t{1} << 20;
  size_t depth = 32;
  bool repeated_keys = true;  // whether a map may have one twice, whose last value counts
};

// The one document of a text; null if there is none. Aliases are copies of what they name, and merge keys ("<<") give
// what is not there: both count.
//
// kInvalidArgument says in which line, what was expected and what was found: no YAML, several documents, a tag that is
// none of YAML's own, a key that is no plain value, over a limit, a key twice where that is not allowed. Any bytes may
// come; takes little more than their time.
Result<YamlValue> ParseYaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace trireme
