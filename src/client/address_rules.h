// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace trireme::client {

// The addresses that begin with the same bits: "10.1.0.0/16", "fd00::/8", or one, "127.0.0.1". A value.
class NetworkRange {
 public:
  // kInvalidArgument: the text is no such thing, or has bits behind its prefix.
  static Result<NetworkRange> Parse(std::string_view text);

  bool Contains(const sockaddr_storage& address) const;

 private:
  NetworkRange(int family, const std::array<uint8_t, 16>& bytes, int bits)
      : family_(family), bytes_(bytes), bits_(bits) {}

  int family_;  // AF_INET, whose four bytes come first, or AF_INET6
  std::array<uint8_t, 16> bytes_;
  int bits_;
};

// Whether it is an address of the public Internet (IANA's special-purpose registries). What is this machine's, of a
// link, private or shared, for multicast, documentation or tests, of no host at all, or holds another address (mapped
// from IPv4, 6to4, Teredo, translated) is none: so nothing that answers metadata of a cloud's machines is.
bool IsPublic(const sockaddr_storage& address);

}  // namespace trireme::client
