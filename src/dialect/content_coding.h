// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "net/http_message.h"

namespace trireme {

// How a body is compressed on its way (RFC 9110, section 8.4.1). "deflate" is a zlib stream.
enum class ContentCoding : uint8_t { kIdentity, kGzip, kDeflate };

std::string_view Name(ContentCoding coding);

// The value of a Content-Encoding header: one coding. kUnsupported: another, or several.
Result<ContentCoding> ParseContentEncoding(std::string_view value);

// How the body of a request is compressed, from its headers. kUnsupported: in another way, or two headers say so.
Result<ContentCoding> CodingOfBody(const net::HttpRequest& http);

// What a client likes to get, from its Accept-Encoding headers (RFC 9110, section 12.5.3). A member that breaks the
// grammar is passed over: the header is a wish.
class AcceptedCodings {
 public:
  // One header's value.
  void Add(std::string_view value);

  // The one of the greatest weight; among equals one that is named, gzip before deflate before identity. Identity if
  // all are refused.
  ContentCoding Best() const;

 private:
  void AddMember(std::string_view member);
  int Rank(ContentCoding coding) const;

  static constexpr int kNotNamed = -1;
  std::array<int, 3> weights_ = {kNotNamed, kNotNamed, kNotNamed};  // in thousandths, by coding
  int others_ = kNotNamed;                                          // "*"
};

}  // namespace trireme
