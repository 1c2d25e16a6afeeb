// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/check.h"
#include "base/memory_pool.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/testing/received.h"

namespace trireme::kserve {

// All that a body says, to compare two of them.
inline std::string Flat(const EncodedBody& body) {
  const ReceivedBody received = Received(body);
  return std::string(reinterpret_cast<const char*>(received.bytes.data()), received.bytes.size());
}

// A request that was decoded is encoded, decoded and encoded again: both encodings must be equal. The one excuse is
// BYTES that are no text.
inline void CheckRoundTrip(const InferRequestMessage& message, InputForm form, MemoryPool& pool) {
  const Result<EncodedBody> encoded = EncodeInferRequest(message, form);
  if (!encoded.ok()) {
    CHECK(form == InputForm::kJson && encoded.status().code() == StatusCode::kInvalidArgument);
    return;
  }
  const Result<InferRequestMessage> decoded = DecodeInferRequest(Received(encoded.value()), pool);
  CHECK(decoded.ok());
  const Result<EncodedBody> again = EncodeInferRequest(decoded.value(), form);
  CHECK(again.ok());
  CHECK(Flat(again.value()) == Flat(encoded.value()));
}

// Decodes a body whatever it is; what is accepted must survive the way to a client and back.
inline void CheckAnyBody(const ReceivedBody& body) {
  static MemoryPool pool;
  const Result<InferRequestMessage> message = DecodeInferRequest(body, pool);
  if (!message.ok()) {
    CHECK(!message.status().message().empty());
    return;
  }
  CheckRoundTrip(message.value(), InputForm::kJson, pool);
  CheckRoundTrip(message.value(), InputForm::kBinary, pool);
}

}  // namespace trireme::kserve
