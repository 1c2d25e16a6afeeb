// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/response_coding.h"

#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "codec/gzip.h"

namespace trireme::kserve {

bool IsLongToCompress(size_t body_bytes) {
  constexpr size_t kBytes = 32 << 10;  // some 200 us
  return body_bytes > kBytes;
}

size_t BodyBytes(const net::HttpResponse& response) {
  return std::accumulate(response.parts.begin(), response.parts.end(), response.body.size(),
                         [](size_t bytes, const net::BodyPart& part) { return bytes + part.bytes.size(); });
}

void CompressResponse(net::HttpResponse& response, std::optional<ContentCoding> wanted) {
  constexpr size_t kWorthIt = 1 << 10;
  if (!wanted) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (*wanted == ContentCoding::kIdentity || BodyBytes(response) < kWorthIt) return;
  std::vector<std::string_view> pieces = {response.body};
  pieces.reserve(1 + response.parts.size());
  for (const net::BodyPart& part : response.parts) {
    pieces.emplace_back(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  }
  response.body = Deflate(pieces, *wanted == ContentCoding::kGzip ? DeflatedForm::kGzip : DeflatedForm::kZlib);
  response.parts.clear();
  response.headers.emplace_back("Content-Encoding", Name(*wanted));
}

}  // namespace trireme::kserve
