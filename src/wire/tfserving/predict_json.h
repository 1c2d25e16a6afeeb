// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_response.h"
#include "model/signature.h"

namespace trireme::tfserving {

// What TF Serving calls the signature that is meant where a request names none.
inline constexpr std::string_view kDefaultSignature = "serving_default";

// How a predict request has its tensors, and its answer has them.
enum class PredictForm {
  kRows,     // "instances": one element a row
  kColumns,  // "inputs": by input, each whole
};

// The body of a POST to :predict.
struct PredictBody {
  std::string signature_name;  // as sent; empty: the default one
  PredictForm form = PredictForm::kRows;
  std::vector<NamedTensor> inputs;
};

// The signature that the body of a POST to a model names, before the rest of it is read; empty: none, or no JSON, which
// whoever reads the rest will say.
std::string SignatureNameIn(std::string_view text);

// Reads one, for a model with this signature: names are checked against it, and types are its types. What follows the
// first value of the text is ignored, as are members of other names. Optional inputs may be left out. kInvalidArgument,
// in TF Serving's words where it has some.
Result<PredictBody> DecodePredict(std::string_view text, const Signature& signature, MemoryPool& pool);

// The answer: one output bare, several as an object by name. Strings are text, or {"b64": "..."} if the output's name
// ends in _bytes. kInvalidArgument: rows of outputs that have none, or not as many as others; a string that is no
// UTF-8. kInternal: a tensor that is not whole.
Result<std::string> EncodePredictions(const std::vector<NamedTensor>& outputs, PredictForm form);

// Of a shape without an element as many lists are written as the dimensions before the first zero say, which cost a
// model nothing. kInvalidArgument: more than 2^20.
Status CheckEmptyLists(const std::string& name, const Shape& shape);

// {"error": "..."}
std::string EncodeError(std::string_view message);

// The bytes that writing these in JSON is likely to take.
size_t EstimateJson(const std::vector<NamedTensor>& outputs);

}  // namespace trireme::tfserving
