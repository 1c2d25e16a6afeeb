// SPDX-License-Identifier: Apache-2.0
#include "client/url.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace trireme::client {
namespace {

Status Wrong(std::string_view text, std::string_view expected) {
  return InvalidArgument("URL \"" + std::string(text) + "\": expected " + std::string(expected));
}

bool IsVisible(char c) {
  return c > ' ' && c < 0x7F;
}

Result<uint16_t> ParsePort(std::string_view text, std::string_view port) {
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0) {
    return Wrong(text, "a port from 1 to 65535, got \"" + std::string(port) + "\"");
  }
  return number;
}

// "name", "name:port", "[address]", "[address]:port".
Status ParseAuthority(std::string_view text, std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) return Wrong(text, "no user name or password");
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return Wrong(text, "']' behind the IPv6 address");
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    const size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
  }
  if (url.host.empty()) return Wrong(text, "a host");
  if (port.empty()) return Status();
  if (port[0] != ':') return Wrong(text, "':' and a port behind the host");
  ASSIGN_OR_RETURN(url.port, ParsePort(text, port.substr(1)));
  return Status();
}

}  // namespace

std::string Url::Authority() const {
  const std::string name = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  return name + ":" + std::to_string(port);
}

Result<Url> ParseUrl(std::string_view text) {
  std::string_view rest = text;
  if (const size_t scheme_end = rest.find("://"); scheme_end != std::string_view::npos) {
    const std::string_view scheme = rest.substr(0, scheme_end);
    if (scheme != "http") return Unsupported("URL \"" + std::string(text) + "\": only http:// is spoken here");
    rest.remove_prefix(scheme_end + 3);
  }
  if (!std::ranges::all_of(rest, IsVisible)) return Wrong(text, "no blanks, control characters or non-ASCII bytes");
  if (rest.find('#') != std::string_view::npos) return Wrong(text, "no '#'");
  Url url;
  const size_t path = std::min(rest.find_first_of("/?"), rest.size());
  RETURN_IF_ERROR(ParseAuthority(text, rest.substr(0, path), url));
  if (path < rest.size()) url.path = (rest[path] == '?' ? "/" : "") + std::string(rest.substr(path));
  return url;
}

}  // namespace trireme::client
