// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trireme::net {

// How the messages of a call are compressed, each by itself. "deflate" is a zlib stream.
enum class GrpcEncoding : uint8_t { kIdentity, kGzip, kDeflate };

std::string_view Name(GrpcEncoding encoding);

// The value of a grpc-encoding header; nothing if we know no such encoding.
std::optional<GrpcEncoding> ParseGrpcEncoding(std::string_view value);

// What we know, for a grpc-accept-encoding header.
inline constexpr std::string_view kGrpcEncodings = "identity, deflate, gzip";

// Whether the value of a client's grpc-accept-encoding header names this encoding.
bool NamesEncoding(std::string_view list, GrpcEncoding encoding);

}  // namespace trireme::net
