// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_response.h"
#include "tensor/tensor.h"
#include "wire/kserve/infer_proto.h"
#include "wire/kserve/place.h"

namespace trireme::tfserving {

// tensorflow.TensorProto, read and written by hand (tensorflow/core/framework/tensor.proto).

// What reading tensors of one message shares.
struct TensorSource {
  const std::shared_ptr<const void>& keep_alive;  // owns the message
  MemoryPool& pool;
  // What is left of the bytes that the tensors may have together: a list that is shorter than its tensor is filled with
  // its last value, so a few bytes may ask for much.
  size_t& bytes_left;
};

// Reads one in either of its encodings: `tensor_content`, or the list of its type, of which a short one repeats its
// last value (zero, if it is empty). Elements are viewed where they lie as they are needed, else copied or converted to
// memory of the pool; whole numbers must fit the type. kInvalidArgument names the place, what was expected and what
// came: a type that no model here has, a negative or unknown shape, a list that is too long or of another type, ...
// kTooLarge: more than `bytes_left`.
Result<Tensor> ReadTensorProto(std::string_view message, const kserve::Place& place, const TensorSource& source);

// How tensors are written.
enum class TensorEncoding {
  kLists,    // as TF Serving does where nobody says otherwise
  kContent,  // `tensor_content`, all but strings
};

// A message with tensors while it is written: text, with large elements inserted without a copy.
class TensorMessage {
 public:
  explicit TensorMessage(TensorEncoding encoding) : encoding_(encoding) {}

  // Adds an entry "name: tensor" of a map field. kInternal: a tensor whose bytes do not fit its shape.
  Status AddEntry(int map_field, const NamedTensor& named);
  std::string& text() { return message_.text; }
  kserve::EncodedProto Take() && { return std::move(message_); }

 private:
  const TensorEncoding encoding_;
  kserve::EncodedProto message_;
};

}  // namespace trireme::tfserving
