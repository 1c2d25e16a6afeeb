// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_request.h"
#include "model/infer_response.h"
#include "model/parameters.h"
#include "wire/kserve/body.h"

namespace trireme::kserve {

// Bounds on one infer request, beside that on its body.
inline constexpr size_t kMaxTensors = 1024;     // inputs; and again outputs
inline constexpr size_t kMaxParameters = 1024;  // of one object
inline constexpr size_t kMaxNameBytes = 1024;  // of inputs, outputs and parameters, which are compared with one another
inline constexpr size_t kMaxIdBytes = 64 << 10;
inline constexpr std::chrono::hours kMaxTimeout{24 * 366};  // a longer timeout means the same: arithmetic stays safe

// Where a tensor lies in a client's shared memory ("System Shared Memory" and "CUDA Shared Memory" extensions).
struct SharedMemoryRange {
  std::string region;  // as it was registered
  uint64_t offset = 0;
  uint64_t byte_size = 0;
};

// An output as the request lists it.
struct OutputForm {
  std::string name;
  bool binary = false;          // else JSON; not influenced by binary_data_output
  uint64_t classification = 0;  // the top K as "value:index" strings in the tensor's place; 0: the tensor itself
  // Where it is to be written; the answer then has its name, type and shape alone. Excludes the two above.
  std::optional<SharedMemoryRange> shared_memory = {};
};

// What a request says of its answer: kept until the answer is encoded.
struct ResponseForm {
  std::optional<std::string> id;    // echoed if it was sent
  std::vector<OutputForm> outputs;  // empty: all of the model's
  bool binary_data_output = false;  // the form of outputs that are not listed
};

// An input whose elements lie in shared memory.
struct SharedInput {
  size_t input = 0;  // in InferRequestMessage::inputs; its tensor has type and shape, and no elements yet
  SharedMemoryRange range;
};

// A V2 infer request ("Inference Request JSON Object" of the Open Inference Protocol, with Triton's extensions).
struct InferRequestMessage {
  ResponseForm form;
  std::vector<NamedTensor> inputs;  // host memory; binary ones view the body where it is aligned for their type
  std::vector<SharedInput> shared_inputs;
  SequenceFields sequence;                           // sequence_id (0 and "" are none), sequence_start, sequence_end
  uint64_t priority = 0;                             // 0: the model's default; 1 is the highest
  std::optional<std::chrono::microseconds> timeout;  // that it may wait in line; none if 0
  Parameters parameters;                             // all others
};

// Reads a request, keys in any order, and checks all that can be checked without knowing the model: types, shapes
// against the elements given, ranges, names given twice. JSON elements go straight into memory of the pool, which is
// taken only when the body is long enough to hold that many. `data` may be flat or nested exactly as the shape.
//
// JSON numbers must fit their type: no integer wraps, and no number becomes an infinity. FP32 and FP64 are rounded
// correctly; FP16 and BF16 are rounded from the nearest FP64. NaN, Infinity and -Infinity, spelled so, are elements of
// floating types only.
//
// kInvalidArgument names the field ("inputs[1].shape[0]"), what was expected and what came; Keys the standard does not
// know are ignored at every level.
Result<InferRequestMessage> DecodeInferRequest(const ReceivedBody& body, MemoryPool& pool);

// How a client writes one: inputs in JSON or in binary form; kReadable: in JSON those that people can read there
// (IsReadable() in json_data.h), the others in binary form. BYTES inputs in JSON form must be UTF-8 (else
// kInvalidArgument). Tensors must be whole and in host memory.
enum class InputForm : uint8_t { kJson, kBinary, kReadable };
Result<EncodedBody> EncodeInferRequest(const InferRequestMessage& message, InputForm form);

}  // namespace trireme::kserve
