// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/signature.h"
#include "wire/kserve/body.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::kserve {

// Reads a raw binary request ("Raw Binary Request" of Triton's binary extension): no JSON, the whole body is the
// model's one input. All outputs are wanted in binary form.
//
// `signature` is the model's, and `batched` says whether its outermost dimension counts rows: then there is one. Of the
// other dimensions one may be free: its size follows from the number of bytes. A BYTES input must be one element, which
// is sent without its length.
//
// kInvalidArgument: the model has other inputs than one, two sizes are free, or the bytes do not fit.
Result<InferRequestMessage> DecodeRawRequest(const ReceivedBody& body, const Signature& signature, bool batched,
                                             MemoryPool& pool);

// The same for a model around which pictures are decoded: the body is a file for `input` (Engine::PictureInput), the
// one element of a tensor of BYTES. All outputs are wanted in JSON, which holds what is said of pictures. kTooLarge: of
// 4 GiB or more.
Result<InferRequestMessage> DecodeRawPicture(const ReceivedBody& body, const std::string& input, MemoryPool& pool);

}  // namespace trireme::kserve
