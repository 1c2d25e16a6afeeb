// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_response.h"
#include "model/parameters.h"
#include "wire/kserve/body.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::kserve {

// Writes an answer as the request wanted it. JSON data is flat, floats are the shortest text that reads back the same,
// and what is no number is written NaN, Infinity, -Infinity, as V2 clients read it. Binary outputs are shared, not
// copied. An output that was to be classified must have been already: it is written as it is.
//
// kInvalidArgument: a BYTES output that is wanted as JSON holds bytes that are not UTF-8. kInternal: a tensor whose
// bytes do not fit its shape. Tensors must be in host memory.
Result<EncodedBody> EncodeInferResponse(const InferResponse& response, const ResponseForm& form);

// An answer as a client reads it.
struct InferResponseMessage {
  std::optional<std::string> id;
  std::string model_name;
  std::string model_version;  // empty if the server sent none
  Parameters parameters;
  std::vector<NamedTensor> outputs;
  // Which of them came without the elements that their shape asks for: the server wrote them to shared memory, if that
  // is what the request wanted, else its answer is wrong.
  std::vector<size_t> outputs_elsewhere;
};

// Checks it as strictly as a request. Binary outputs view the body where it is aligned for their type.
Result<InferResponseMessage> DecodeInferResponse(const ReceivedBody& body, MemoryPool& pool);

}  // namespace trireme::kserve
