// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "model/infer_response.h"
#include "model/parameters.h"
#include "wire/kserve/body.h"

namespace trireme::kserve {

// The pieces that requests and responses are written from.

// Writes an object member by member, with the commas between them.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  // Appends the key; its value must follow.
  std::string& Key(std::string_view key);
  void Member(std::string_view key, std::string_view text);
  void Member(std::string_view key, bool value) { Key(key) += value ? "true" : "false"; }
  void Member(std::string_view key, uint64_t value);
  void Member(std::string_view key, const ParameterValue& value);
  void Close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

// One element of "inputs" or "outputs": its data in place, or announced here and added to the body's tensors.
Status AppendTensor(EncodedBody& body, const NamedTensor& named, bool binary);

// One whose elements are in neither: they lie in shared memory, which the parameters may tell.
void AppendTensorElsewhere(EncodedBody& body, const NamedTensor& named, const Parameters& parameters);

// What AppendTensor is likely to add to the JSON.
size_t EstimateTensor(const NamedTensor& tensor, bool binary);

}  // namespace trireme::kserve
