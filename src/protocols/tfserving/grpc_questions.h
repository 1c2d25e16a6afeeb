// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "net/grpc_handler.h"
#include "net/grpc_message.h"
#include "protocols/tfserving/call.h"

namespace trireme::tfserving {

// Which of PredictionService's methods asks about Examples.
enum class ExamplesMethod { kClassify, kRegress, kMultiInference };

// What gRPC asks a model. `services` must outlive them. `signature_name`: what the message's ModelSpec says.
std::unique_ptr<Question> PredictOverGrpc(const Services& services, std::string signature_name,
                                          net::GrpcMessage message, net::GrpcReply reply);
std::unique_ptr<Question> InferOverGrpc(const Services& services, ExamplesMethod method, net::GrpcMessage message,
                                        net::GrpcReply reply);

}  // namespace trireme::tfserving
