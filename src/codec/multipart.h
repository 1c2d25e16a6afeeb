// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme {

// A field of a form.
struct FormPart {
  std::string name;
  std::optional<std::string> filename = {};  // as the client says it: never a path to open
  std::string_view content_type = {};        // as it stands, a view of the body; empty: none is given
  std::span<const std::byte> bytes;          // a view of the body
};

struct FormLimits {
  size_t parts = 1000;
  size_t header_bytes = 8192;  // of one part
};

// The boundary that a Content-Type of multipart/form-data names: 1 to 70 letters, in quotes or not.
// kInvalidArgument: another type, no boundary, or one that can be none.
Result<std::string> BoundaryOf(std::string_view content_type);

// Takes a whole body of multipart/form-data (RFC 7578, RFC 2046) apart. What stands before the first boundary and
// behind the last one says nothing; lines end with CRLF. The parts' bytes are as they were sent: no encoding but 7bit,
// 8bit and binary is allowed, and nothing is said of what is in them. In time of the body's length.
//
// kInvalidArgument says in which part, what was expected and what came: no boundary, no end, a part without a name, a
// name that is given twice, ...; kTooLarge: over a limit. Any bytes may come.
Result<std::vector<FormPart>> ParseMultipart(std::span<const std::byte> body, std::string_view boundary,
                                             const FormLimits& limits = {});

}  // namespace trireme
