// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "dialect/content_coding.h"
#include "net/http_message.h"

namespace trireme::kserve {

// Whether compressing an answer of that size takes longer than a loop has time for.
bool IsLongToCompress(size_t body_bytes);

// What an answer's body has, all parts together.
size_t BodyBytes(const net::HttpResponse& response);

// Compresses an answer as its client wants it, if it is long enough to gain by it, and says so in its headers. Without
// a wish nothing changes.
void CompressResponse(net::HttpResponse& response, std::optional<ContentCoding> wanted);

}  // namespace trireme::kserve
