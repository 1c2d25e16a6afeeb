// SPDX-License-Identifier: Apache-2.0
// An infer request with binary tensors. The first empty line parts the JSON from what follows it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/testing/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme::kserve;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view json = text.substr(0, text.find("\n\n"));
  const std::string_view binary = text.substr(std::min(json.size() + 2, text.size()));
  auto bytes = std::make_shared<std::vector<std::byte>>(json.size() + binary.size());
  if (!json.empty()) std::memcpy(bytes->data(), json.data(), json.size());
  if (!binary.empty()) std::memcpy(bytes->data() + json.size(), binary.data(), binary.size());
  const ReceivedBody body{.bytes = *bytes, .keep_alive = bytes, .json_bytes = json.size()};
  CheckAnyBody(body);
  static trireme::MemoryPool pool;
  (void)DecodeInferResponse(body, pool);
  return 0;
}
