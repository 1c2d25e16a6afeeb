// SPDX-License-Identifier: Apache-2.0
// The same bytes cut in two ways hold the same messages.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "client/grpc_deframer.h"

namespace trireme::client {
namespace {

using Event = GrpcDeframer::Event;

std::string Read(std::string_view text, size_t piece_bytes) {
  GrpcDeframer deframer(64, 4096);
  std::string seen;
  while (!text.empty()) {
    std::string_view input = text.substr(0, piece_bytes);
    text.remove_prefix(input.size());
    Event event;
    while ((event = deframer.Next(input)) == Event::kMessage) {
      seen += std::to_string(deframer.message_bytes()) + ":" + deframer.message() + ";";
    }
    if (event != Event::kNeedMore) return seen + (event == Event::kTooLarge ? "large" : "compressed");
    CHECK(input.empty());
  }
  return seen + (deframer.is_inside() ? "inside" : "end");
}

}  // namespace
}  // namespace trireme::client

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CHECK(trireme::client::Read(text, size + 1) == trireme::client::Read(text, 1));
  return 0;
}
