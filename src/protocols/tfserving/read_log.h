// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_request.h"
#include "protocols/tfserving/asked_model.h"

namespace trireme::tfserving {

// A request of a log.
struct LogQuestion {
  std::string signature;            // of the model's file, that it asks; empty: the one whose log is read
  std::vector<NamedTensor> inputs;  // if it is that one
  std::vector<RequestedOutput> outputs;
};

// Reads a PredictionLog as if a client had sent its request to this model; one of several tasks is several requests.
// `is_default`: the model is the one that is meant where no signature is named; another one knows its own name alone.
// kInvalidArgument also: a signature that the file does not have.
Result<std::vector<LogQuestion>> ReadLog(std::string_view log, const AskedModel& model, bool is_default,
                                         size_t max_bytes, MemoryPool& pool);

}  // namespace trireme::tfserving
