// SPDX-License-Identifier: Apache-2.0
// A response cut in two ways must be read alike, whatever it is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "client/http_response_parser.h"

namespace trireme::client {
namespace {

using Event = HttpResponseParser::Event;

struct Outcome {
  Event end = Event::kNeedMore;
  int status = 0;
  std::string body;

  bool operator==(const Outcome&) const = default;
};

Outcome Read(std::string_view text, size_t piece_bytes) {
  HttpResponseParser parser({.max_head_bytes = 256, .max_body_bytes = 1024});
  Outcome outcome;
  while (outcome.end == Event::kNeedMore && !text.empty()) {
    std::string_view input = text.substr(0, piece_bytes);
    text.remove_prefix(input.size());
    while ((outcome.end = parser.Next(input)) == Event::kHead || outcome.end == Event::kBody) {
      if (outcome.end == Event::kBody) outcome.body += parser.piece();
    }
  }
  if (outcome.end == Event::kNeedMore) outcome.end = parser.Close();
  // What is over a bound may be refused before or after its first piece was handed out.
  if (outcome.end == Event::kFailed) return {.end = Event::kFailed, .status = 0, .body = {}};
  outcome.status = parser.status();
  return outcome;
}

}  // namespace
}  // namespace trireme::client

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CHECK(trireme::client::Read(text, size + 1) == trireme::client::Read(text, 1));
  return 0;
}
