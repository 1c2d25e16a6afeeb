// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_response.h"
#include "model/signature.h"
#include "protocols/torchserve/request_parts.h"

namespace trireme::torchserve {

// What a model is to be run with.
struct RequestInputs {
  std::vector<NamedTensor> inputs;
  bool is_lone_row = false;    // the client sent one row without a dimension for rows, and gets its answer so
  bool has_pictures = false;   // that are decoded for it (Engine::AnswerOutput)
  bool has_instances = false;  // {"instances": [...]}, which is answered {"predictions": [...]}
};

// Makes a model's inputs of what came. To a model with one input (or one that it needs) that is the part "data", else
// "body", else the one of the input's name, else the only one, as TorchServe's handlers look for it; to one with
// several each part is the input of its name, or the only part is a JSON object of them.
//
// A part is an array in JSON, alone or under "data", "body" or "instances" of an object, a NumPy file, CSV, a picture
// (JPEG, PNG, WebP), or the text itself for an input of BYTES: by its content type, else by its first bytes. A picture
// is the one element of a BYTES tensor for `picture_input` (Engine::PictureInput); to an input of BYTES it is a text as
// any. Pictures in JSON are {"instances": [{"b64": "..."}]}; and for `picture_input` a text that stands for the input
// is one in Base64, in JSON or as it is.
//
// kInvalidArgument names input or part, what was expected and what came. On a loop or a codec worker.
Result<RequestInputs> InputsOf(const Signature& signature, const std::string& picture_input,
                               std::span<const RequestPart> parts, MemoryPool& pool);

}  // namespace trireme::torchserve
