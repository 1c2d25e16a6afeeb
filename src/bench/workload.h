// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "bench/input_file.h"
#include "bench/options.h"
#include "bench/plain_requests.h"
#include "client/grpc_connection.h"
#include "client/http_connection.h"
#include "client/inference_client.h"
#include "client/url.h"
#include "model/signature.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::bench {

// One model's requests, as bytes. Usually they are all the same; of several files each connection sends one after the
// other; those in shared memory name a place of their own for the outputs of each call slot.
struct ModelRequests {
  std::string model;
  int64_t rows = 0;    // of the first input; 0 if it has no dimensions, or is not known
  std::string inputs;  // "x FP32[1,16]", "cat.jpg", for people
  // What is encoded: one, or one for each file.
  std::vector<kserve::InferRequestMessage> messages;  // of KServe V2
  std::vector<PlainBody> bodies;                      // of the other dialects

  bool in_turn = false;                       // several are sent one after the other; else each slot has its own
  std::vector<client::PreparedRequest> http;  // one, or several
  std::vector<std::string> grpc_bodies;       // one, or several
  // Prefixes of the bodies; on a stream with the request's id: of each body, or of each and every slot of a connection.
  std::vector<std::string> grpc_heads;

  size_t request_bytes() const;  // on average
  // Which of `count` requests a slot sends; `turn` counts those that its connection has sent.
  size_t Choose(size_t count, size_t slot, size_t turn) const {
    if (count == 1) return 0;
    return in_turn ? (slot + turn) % count : slot;
  }
};

// What is sent, over and over. Slots are counted over all connections.
struct Workload {
  std::vector<ModelRequests> models;
  size_t calls = 1;  // slots of a connection

  const client::PreparedRequest& Http(size_t model, size_t connection, size_t turn) const {
    const ModelRequests& requests = models[model];
    return requests.http[requests.Choose(requests.http.size(), connection, turn)];
  }
  client::GrpcBytes Grpc(size_t model, size_t connection, size_t slot, size_t turn) const {
    const ModelRequests& requests = models[model];
    const size_t body = requests.Choose(requests.grpc_bodies.size(), connection * calls + slot, turn);
    const bool has_one_each = requests.grpc_heads.size() == requests.grpc_bodies.size();
    return {.head = requests.grpc_heads[has_one_each ? body : body * calls + slot], .body = requests.grpc_bodies[body]};
  }
};

// Asks the server what there is and makes up a request for every model. `client` speaks V2; `access` is for what other
// dialects ask. Blocks as long as the time-outs allow.
Result<Workload> MakeWorkload(const BenchOptions& options, const client::InferenceClient& client,
                              const client::ClientOptions& access, MemoryPool& pool);

// Encodes the requests of KServe V2: `messages` of a model are one, one for each file (in_turn) or one for each slot.
Status EncodeRequests(const BenchOptions& options, const client::Url& url, const client::ClientOptions& access,
                      const std::vector<kserve::InferRequestMessage>& messages, ModelRequests& requests);
// Encodes the bodies of the other dialects.
Status EncodeBodies(const BenchOptions& options, const client::Url& url, const client::ClientOptions& access,
                    ModelRequests& requests);

// The pieces, apart from the network.
//
// The one model that is ready. The error lists what there is.
Result<std::string> PickModel(const std::vector<kserve::IndexEntry>& index);
// The shape to send for an input: as the person said, else the metadata's with `rows` for a free outermost dimension.
// Of what looks like a picture (four dimensions, 1 or 3 channels) a free height and width is 224; any other free
// dimension is 1.
Shape ShapeToSend(const TensorSpec& input, const BenchOptions& options);
// A request with random elements for every input: floats from 0 to 1, integers from 0 to 9, strings of eight letters.
// The same seed gives the same elements. kTooLarge over 1 GiB.
Result<kserve::InferRequestMessage> RandomRequest(const Signature& signature, const BenchOptions& options,
                                                  MemoryPool& pool);
// An infer request of KServe V2, in JSON. Its tensors view the file's bytes where they can.
Result<kserve::InferRequestMessage> ReadRequest(const InputFile& file, MemoryPool& pool);
// What goes in front of a request on a stream: gRPC's prefix, and the id field. `id` is a small number.
std::string StreamHead(size_t id, size_t body_bytes);

}  // namespace trireme::bench
