// SPDX-License-Identifier: Apache-2.0
// Any bytes as the JSON body of an infer request, and as what a server answers to a client.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/metadata.h"
#include "wire/kserve/testing/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme::kserve;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ReceivedBody body = Received(text);  // of exactly this size: a read behind it is found
  CheckAnyBody(body);
  static trireme::MemoryPool pool;
  (void)DecodeInferResponse(body, pool);
  (void)DecodeModelMetadata(text);
  (void)DecodeIndexRequest(text);
  (void)DecodeError(text);
  return 0;
}
