// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_response.h"
#include "model/parameters.h"
#include "model/signature.h"
#include "tensor/shape.h"

namespace trireme::kserve {

// The messages of the "generate" extension, which say of tensors no more than their names and values: the model's
// signature says the rest
// (https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_generate.md).

struct GenerateRequest {
  std::optional<std::string> id;    // echoed if it was sent
  std::vector<NamedTensor> inputs;  // as clients know them, with whole shapes
  Parameters parameters;            // all other keys
};

// Reads any JSON object: a key that names an input is that tensor, as a scalar or an array of scalars; "id" is the
// request's, "parameters" holds more keys of the same kind, and whatever else is a parameter. Shapes follow from the
// number of values (ShapeForCount). Values must fit their type as in an infer request.
//
// kInvalidArgument names the key, what was expected and what came.
Result<GenerateRequest> DecodeGenerateRequest(std::string_view json, const Signature& signature, MemoryPool& pool);

// The shape that so many values have where `spec` is asked for: the innermost free dimension takes what the fixed ones
// leave, other free ones are 1. Nothing if there is none.
std::optional<Shape> ShapeForCount(const Shape& spec, int64_t count);

// Writes a response as one object on one line, its keys in order of their names: the request's id, the model's name and
// version, the parameters, and each output, which is a scalar if it has one element, else a flat array.
//
// kInvalidArgument: a BYTES output holds bytes that are not UTF-8.
Result<std::string> EncodeGenerateResponse(const InferResponse& response, const std::optional<std::string>& id);

}  // namespace trireme::kserve
