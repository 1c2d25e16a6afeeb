// SPDX-License-Identifier: Apache-2.0
#include "client/address_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/excerpt.h"
#include "base/log.h"

namespace trireme::client {
namespace {

// The bytes of an address; none of another family.
std::span<const uint8_t> BytesOf(const sockaddr_storage& address, std::array<uint8_t, 16>& room) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    std::memcpy(room.data(), &v4.sin_addr, sizeof v4.sin_addr);
    return std::span(room).first(sizeof v4.sin_addr);
  }
  if (address.ss_family != AF_INET6) return {};
  sockaddr_in6 v6;
  std::memcpy(&v6, &address, sizeof v6);
  std::memcpy(room.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  return room;
}

bool HaveSameBits(std::span<const uint8_t> a, std::span<const uint8_t> b, int bits) {
  const auto whole = static_cast<size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

std::vector<NetworkRange> Ranges(std::initializer_list<const char*> texts) {
  std::vector<NetworkRange> ranges;
  for (const char* text : texts) {
    const Result<NetworkRange> range = NetworkRange::Parse(text);
    CHECK(range.ok());
    ranges.push_back(*range);
  }
  return ranges;
}

// Of IPv4, what is not public. Of IPv6 nothing outside of 2000::/3 is, and not these in it.
const std::vector<NetworkRange>& SpecialRanges() {
  static const std::vector<NetworkRange> ranges = Ranges(
      {"0.0.0.0/8",       "10.0.0.0/8",    "100.64.0.0/10",   "127.0.0.0/8",       "169.254.0.0/16", "172.16.0.0/12",
       "192.0.0.0/24",    "192.0.2.0/24",  "192.31.196.0/24", "192.52.193.0/24",   "192.88.99.0/24", "192.168.0.0/16",
       "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",    "224.0.0.0/4",    "240.0.0.0/4",
       "2001::/23",       "2001:db8::/32", "2002::/16",       "2620:4f:8000::/48", "3fff::/20"});
  return ranges;
}

}  // namespace

Result<NetworkRange> NetworkRange::Parse(std::string_view text) {
  const auto wrong = [&] {
    return InvalidArgument("expected a network such as 10.1.0.0/16 or fd00::/8, found " + PlainText(Excerpt(text, 64)));
  };
  const size_t slash = std::min(text.find('/'), text.size());
  const std::string host(text.substr(0, slash));
  std::array<uint8_t, 16> bytes{};
  const int family = inet_pton(AF_INET, host.c_str(), bytes.data()) == 1    ? AF_INET
                     : inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1 ? AF_INET6
                                                                            : AF_UNSPEC;
  if (family == AF_UNSPEC) return wrong();
  const int most = family == AF_INET ? 32 : 128;
  int bits = most;
  if (slash < text.size()) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > most) return wrong();
  }
  for (int bit = bits; bit < most; ++bit) {
    if (((bytes.at(static_cast<size_t>(bit / 8)) >> (7 - bit % 8)) & 1) != 0) return wrong();
  }
  return NetworkRange(family, bytes, bits);
}

bool NetworkRange::Contains(const sockaddr_storage& address) const {
  std::array<uint8_t, 16> room{};
  const std::span<const uint8_t> bytes = BytesOf(address, room);
  return !bytes.empty() && address.ss_family == family_ && HaveSameBits(bytes, bytes_, bits_);
}

bool IsPublic(const sockaddr_storage& address) {
  std::array<uint8_t, 16> room{};
  const std::span<const uint8_t> bytes = BytesOf(address, room);
  if (bytes.empty()) return false;
  if (address.ss_family == AF_INET6 && (bytes[0] >> 5) != 1) return false;
  return std::ranges::none_of(SpecialRanges(), [&](const NetworkRange& range) { return range.Contains(address); });
}

}  // namespace trireme::client
