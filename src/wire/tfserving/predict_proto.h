// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_response.h"
#include "wire/kserve/infer_proto.h"
#include "wire/tfserving/model_spec.h"
#include "wire/tfserving/tensor_proto.h"

namespace trireme::tfserving {

// The messages of tensorflow.serving.PredictionService/Predict, read and written by hand.

struct PredictRequest {
  ModelSpec spec;
  std::vector<NamedTensor> inputs;
  std::vector<std::string> output_filter;  // in the order asked; empty: all outputs
};

// Reads one; tensors as ReadTensorProto does. `max_bytes`: that short lists of all inputs may be filled up to. Unknown
// fields are ignored.
Result<PredictRequest> DecodePredictRequest(std::span<const std::byte> bytes,
                                            const std::shared_ptr<const void>& keep_alive, size_t max_bytes,
                                            MemoryPool& pool);

// Where a message has its ModelSpec: itself, or each of its tasks, of which the first one is read.
enum class SpecPlace { kMessage, kTask };

// The ModelSpec of any message of PredictionService, before the rest of it is read: on a loop, whatever the message is.
// kInvalidArgument: no protobuf, no model is named, or so many fields lie around the name that to look takes long.
Result<ModelSpec> ReadSpec(std::span<const std::byte> bytes, SpecPlace place);

// Whether reading it takes longer than a loop has time for.
bool IsLongToRead(std::span<const std::byte> bytes);

// Of a request's first bytes: where the elements of the first tensor begin, or 0 if that cannot be seen yet.
size_t FindElements(std::span<const std::byte> beginning);

// The client's side: the inputs of a PredictRequest, and its model, each as fields that stand one behind the other. The
// version is a number, a label, or empty for the server's choice.
Result<std::string> EncodePredictInputs(std::span<const NamedTensor> inputs);
std::string EncodePredictModel(std::string_view name, std::string_view version);

// A PredictResponse of the version that answered. kInternal: a tensor whose bytes do not fit its shape.
Result<kserve::EncodedProto> EncodePredictResponse(const InferResponse& response, std::string_view signature_name,
                                                   TensorEncoding encoding);

}  // namespace trireme::tfserving
