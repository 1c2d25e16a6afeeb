// SPDX-License-Identifier: Apache-2.0
#include "client/url.h"

#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace trireme::client {
namespace {

struct Scheme {
  std::string_view name;
  uint16_t port;
  bool grpc;
  bool tls;
};

constexpr uint16_t kGrpcPort = 8001;  // KServe's custom
constexpr std::array<Scheme, 4> kSchemes = {{{"http", 80, false, false},
                                             {"https", 443, false, true},
                                             {"grpc", kGrpcPort, true, false},
                                             {"grpcs", kGrpcPort, true, true}}};

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

// "/file" or "///file", as gRPC's clients write it too.
Result<Url> ParseSocket(std::string_view text, std::string_view file, bool grpc) {
  constexpr size_t kMostBytes = sizeof(sockaddr_un::sun_path) - 1;
  while (file.starts_with("//")) file.remove_prefix(1);
  if (!file.starts_with('/')) return Wrong(text, "the socket's file with all its folders, as in unix:/run/server.sock");
  if (file.size() > kMostBytes) return Wrong(text, "a file name of at most " + std::to_string(kMostBytes) + " bytes");
  if (file.find('\0') != std::string_view::npos) return Wrong(text, "a file name without a zero byte");
  Url url;
  url.socket = file;
  url.grpc = grpc;
  return url;
}

}  // namespace

std::string Url::Authority() const {
  if (!socket.empty()) return "localhost";
  const std::string name = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  return name + ":" + std::to_string(port);
}

Result<Url> ParseUrl(std::string_view text) {
  for (const std::string_view prefix : {"unix:", "http+unix:", "grpc+unix:"}) {
    if (text.starts_with(prefix)) return ParseSocket(text, text.substr(prefix.size()), prefix.starts_with("grpc"));
  }
  std::string_view rest = text;
  Url url;
  if (const size_t scheme_end = rest.find("://"); scheme_end != std::string_view::npos) {
    const auto* scheme = std::ranges::find(kSchemes, rest.substr(0, scheme_end), &Scheme::name);
    if (scheme == kSchemes.end()) {
      return Unsupported("URL \"" + std::string(text) +
                         "\": expected http://, https://, grpc://, grpcs://, unix: or grpc+unix: in front");
    }
    url.port = scheme->port;
    url.grpc = scheme->grpc;
    url.tls = scheme->tls;
    rest.remove_prefix(scheme_end + 3);
  }
  if (!std::ranges::all_of(rest, IsVisible)) return Wrong(text, "no blanks, control characters or non-ASCII bytes");
  if (rest.find('#') != std::string_view::npos) return Wrong(text, "no '#'");
  const size_t path = std::min(rest.find_first_of("/?"), rest.size());
  RETURN_IF_ERROR(ParseAuthority(text, rest.substr(0, path), url));
  if (path < rest.size()) url.path = (rest[path] == '?' ? "/" : "") + std::string(rest.substr(path));
  if (url.grpc && url.path != "/") return Wrong(text, "no path: gRPC's services have fixed ones");
  return url;
}

}  // namespace trireme::client
