// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_request.h"
#include "protocols/tfserving/asked_model.h"

namespace trireme::tfserving {

// Puts what the bytes of a PredictRequest ask of a model into a request: its inputs and outputs; as WidenRows()
// returns. Tensors view the bytes, which `storage` owns. `max_bytes`: that short lists and Examples may be filled up
// to. kInvalidArgument, in TF Serving's words where it has some: what is sent is not what the signature has, a message
// that is malformed, ...
Result<bool> ReadPredict(std::span<const std::byte> bytes, const std::shared_ptr<const void>& storage,
                         const AskedModel& model, size_t max_bytes, MemoryPool& pool, InferRequest& request);

}  // namespace trireme::tfserving
