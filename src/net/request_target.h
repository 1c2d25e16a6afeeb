// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "net/http_error.h"

namespace trireme::net {

// A request's target, taken apart. Views into what was given.
struct RequestTarget {
  std::string_view path;   // before '?'
  std::string_view query;  // after it, or empty
};

// Origin form only ("/path?query", RFC 9112 section 3.2.1), and only in its one plain spelling, so that nobody who
// compares paths can be led past his comparison. Refused with 400, beyond what the RFC refuses:
//
//   - absolute form, authority form and "*"
//   - "//", "/./", "/../", and a path that ends in "/." or "/.."
//   - the escapes %2e %2f %5c %00 (in either case), and a '%' that two hex digits do not follow
//   - '\', ';', '#', and everything that is not visible ASCII
//
// Empty if all is well.
std::optional<HttpError> ParseTarget(std::string_view target, RequestTarget& parsed);

}  // namespace trireme::net
