// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/memory_pool.h"
#include "base/status.h"
#include "bench/options.h"
#include "client/http_connection.h"
#include "client/kserve_client.h"
#include "model/signature.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::bench {

// What is sent, over and over.
struct Workload {
  std::string model;
  client::PreparedRequest request;
  int64_t rows = 0;    // of the first input; 0 if it has no dimensions
  std::string inputs;  // "x FP32[1,16]", for people
};

// Asks the server what there is and makes the request. Blocks as long as the client's time-outs allow.
Result<Workload> MakeWorkload(const BenchOptions& options, const client::KserveClient& client, MemoryPool& pool);

// The pieces, apart from the network.
//
// The one model that is ready. The error lists what there is.
Result<std::string> PickModel(const std::vector<kserve::IndexEntry>& index);
// The shape to send for an input: as the person said, else the metadata's with `rows` for a free outermost dimension.
// Any other free dimension is 1.
Shape ShapeToSend(const TensorSpec& input, const BenchOptions& options);
// A request with random elements for every input: floats from 0 to 1, integers from 0 to 9, strings of eight letters.
// The same seed gives the same elements. kTooLarge over 1 GiB.
Result<kserve::InferRequestMessage> RandomRequest(const Signature& signature, const BenchOptions& options,
                                                  MemoryPool& pool);

}  // namespace trireme::bench
