// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "codec/json_cursor.h"
#include "model/infer_response.h"
#include "wire/kserve/body.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {

struct TensorFields;

// The tensors of a message while it is read: the inputs of a request or the outputs of a response, which are written
// the same way. What is given as JSON is read with the document; what is in binary form is only known when the document
// has ended, and is attached then.
class TensorList {
 public:
  enum class Kind { kInputs, kOutputs };
  explicit TensorList(Kind kind) : kind_(kind) {}

  // The array, which the cursor stands before.
  Status Read(JsonCursor& json, MemoryPool& pool);

  // Whether there was one.
  bool given() const { return given_; }

  // Gives every binary tensor its bytes. They must use up exactly what follows the document.
  Status AttachBinary(const ReceivedBody& body, MemoryPool& pool);

  // Then: the tensors, the inputs in shared memory, and the outputs that came without elements, though they have some:
  // they were written to shared memory.
  std::vector<NamedTensor>& tensors() { return tensors_; }
  std::vector<SharedInput>& shared_inputs() { return shared_inputs_; }
  std::vector<size_t>& outputs_elsewhere() { return outputs_elsewhere_; }

 private:
  Status ReadTensor(JsonCursor& json, const Place& place, MemoryPool& pool);
  Status Add(JsonCursor& json, const Place& place, TensorFields fields, MemoryPool& pool);
  std::string_view name() const { return kind_ == Kind::kInputs ? "inputs" : "outputs"; }

  const Kind kind_;
  bool given_ = false;
  std::vector<NamedTensor> tensors_;
  std::vector<std::optional<uint64_t>> binary_bytes_;  // of each; none: it came as JSON, or lies in shared memory
  std::vector<SharedInput> shared_inputs_;
  std::vector<size_t> outputs_elsewhere_;
};

}  // namespace trireme::kserve
