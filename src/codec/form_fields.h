// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme {

struct FormField {
  std::string name;
  std::string value;  // any bytes
  bool operator==(const FormField&) const = default;
};

// The fields of a body of application/x-www-form-urlencoded, in their order, with %XX and + decoded; a name may come
// several times. Empty pieces (a&&b) say nothing.
//
// kInvalidArgument: a field without a name, a % without two hexadecimal digits; kTooLarge: more than `most_fields`. Any
// bytes may come.
Result<std::vector<FormField>> ParseFormFields(std::string_view body, size_t most_fields = 1000);

}  // namespace trireme
