// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "dialect/dialect.h"
#include "net/grpc_handler.h"
#include "protocols/kserve/infer_services.h"
#include "protocols/kserve/open_streams.h"

namespace trireme::kserve {

// Requests of one stream that are under way at a time; further ones wait with the client.
inline constexpr size_t kMostRequestsOfStream = 128;

// Answers ModelStreamInfer: any number of requests, of any models. On the loop's thread of the connection.
//
// Responses come in the order of their requests, except those of decoupled models: they leave as they are made, and
// nobody waits for them. A request that fails is told so in a message of its own, and the stream goes on; unless the
// call's metadata says `triton_grpc_error: true`: then the first failure ends it, with its status. When the client has
// said all, what is under way is still answered; and when the server stops, which ends the stream with UNAVAILABLE.
//
// `open` is shared by all streams.
std::unique_ptr<net::GrpcReceiver> StartGrpcStreamCall(const InferServices& services,
                                                       const std::shared_ptr<OpenStreams>& open,
                                                       const net::GrpcHead& head, const Identity& identity,
                                                       net::GrpcReply reply);

}  // namespace trireme::kserve
