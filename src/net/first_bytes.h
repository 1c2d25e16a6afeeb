// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace trireme::net {

enum class Protocol { kUndecided, kHttp1, kHttp2 };

// What every HTTP/2 connection begins with (RFC 9113 section 3.4); no HTTP/1.1 request does.
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// What a connection speaks that begins with `bytes`. Undecided while they may still become the preface; whatever
// differs from it is HTTP/1.1's to judge.
Protocol ProtocolOf(std::string_view bytes);

// Whether a connection that begins with `byte` opens a TLS handshake (RFC 8446 section 5.1: a record's type 22).
constexpr bool BeginsTls(char byte) {
  return byte == 0x16;
}

}  // namespace trireme::net
