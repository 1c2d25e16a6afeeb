// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "codec/proto_wire.h"
#include "model/infer_response.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {

struct ProtoTensorFields;

// The tensors of a ModelInferRequest or a ModelInferResponse while it is read: name, type, shape, parameters, and the
// elements, which are either typed contents of each tensor, or raw contents that lie behind all of them.
class ProtoTensorList {
 public:
  enum class Kind { kInputs, kOutputs };

  // `keep_alive` owns what is read; both must outlive the list.
  ProtoTensorList(Kind kind, const std::shared_ptr<const void>& keep_alive, MemoryPool& pool)
      : kind_(kind), keep_alive_(keep_alive), pool_(pool) {}

  // An element of `inputs` or `outputs`.
  Status ReadTensor(const ProtoField& field);
  // An element of `raw_input_contents` or `raw_output_contents`.
  Status ReadRaw(const ProtoField& field);
  // When all has been read: gives every tensor its raw contents.
  Status Finish();

  // Then: the tensors, and the inputs in shared memory. An output without elements, whose shape has some, was written
  // to shared memory.
  std::vector<NamedTensor>& tensors() { return tensors_; }
  std::vector<SharedInput>& shared_inputs() { return shared_inputs_; }
  std::vector<size_t>& outputs_elsewhere() { return outputs_elsewhere_; }

 private:
  Status ReadMember(const ProtoField& field, const Place& place, ProtoTensorFields& fields) const;
  Status ReadParameter(const ProtoField& entry, const Place& parameters, ProtoTensorFields& fields) const;
  Status Add(const Place& place, ProtoTensorFields fields);
  Status FinishWithoutRaw();
  Status AttachRaw();
  Status Attach(size_t tensor_index, size_t raw_index);
  Buffer ViewOrCopy(DataType type, std::string_view raw) const;
  std::string_view name() const { return kind_ == Kind::kInputs ? "inputs" : "outputs"; }
  std::string_view raw_name() const { return kind_ == Kind::kInputs ? "raw_input_contents" : "raw_output_contents"; }

  const Kind kind_;
  const std::shared_ptr<const void>& keep_alive_;
  MemoryPool& pool_;
  std::vector<NamedTensor> tensors_;
  enum class Elements : uint8_t { kMissing, kTyped, kShared };
  std::vector<Elements> elements_;  // of each tensor, before raw contents are attached
  std::vector<std::string_view> raw_;
  std::vector<SharedInput> shared_inputs_;
  std::vector<size_t> outputs_elsewhere_;
};

}  // namespace trireme::kserve
