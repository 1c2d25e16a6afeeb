// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// Reads Base64 (RFC 4648, section 4) strictly: its 64 letters, whole groups of four, padded with '=', nothing between
// them but line breaks, and no bits left over. kInvalidArgument names the byte, line breaks not counted.
//
// Line breaks (CR, LF) are what MIME allows, and what Triton's C++ client puts behind every 72 letters.
Result<std::string> DecodeBase64(std::string_view text);

// The same as TF Serving reads it: blanks may stand anywhere, and the padding may be missing.
Result<std::string> DecodeLaxBase64(std::string_view text);

// Appends Base64 with its padding and without line breaks.
void AppendBase64(std::string& out, std::string_view bytes);

}  // namespace trireme
