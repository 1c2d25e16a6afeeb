// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme {

// The value of a header that has parameters behind it: multipart/form-data; boundary="a b".
struct ParameterizedValue {
  struct Parameter {
    std::string name;   // in lower case
    std::string value;  // without quotes and escapes
  };
  std::string value;                  // in lower case: "multipart/form-data"
  std::vector<Parameter> parameters;  // as they stand

  // Null: there is none.
  const std::string* Find(std::string_view name) const;
};

// kInvalidArgument: no grammar of such a value, a parameter twice, more than 16 of them. In quotes a backslash escapes
// a quote and itself and is otherwise a backslash, because names of files are sent like that. Any bytes may come.
Result<ParameterizedValue> ParseParameterizedValue(std::string_view text);

}  // namespace trireme
