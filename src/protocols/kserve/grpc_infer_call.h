// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "net/grpc_handler.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// Answers ModelInfer. On the loop's thread of the connection.
//
// The request is decoded on the loop, or on a codec worker if that takes long; the engine answers on any thread; the
// answer is encoded on the loop again, or on a worker first, and sent without a copy of its tensors.
void StartGrpcInferCall(const InferServices& services, const net::GrpcHead& head, net::GrpcMessage message,
                        const Identity& identity, net::GrpcReply reply);

}  // namespace trireme::kserve
