// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_encoding.h"

#include <algorithm>

#include "net/http_chars.h"

namespace trireme::net {

std::string_view Name(GrpcEncoding encoding) {
  switch (encoding) {
    case GrpcEncoding::kIdentity:
      return "identity";
    case GrpcEncoding::kGzip:
      return "gzip";
    case GrpcEncoding::kDeflate:
      return "deflate";
  }
  return "?";
}

std::optional<GrpcEncoding> ParseGrpcEncoding(std::string_view value) {
  for (const GrpcEncoding encoding : {GrpcEncoding::kIdentity, GrpcEncoding::kGzip, GrpcEncoding::kDeflate}) {
    if (value == Name(encoding)) return encoding;
  }
  return std::nullopt;
}

bool NamesEncoding(std::string_view list, GrpcEncoding encoding) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (TrimBlanks(list.substr(0, comma)) == Name(encoding)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace trireme::net
