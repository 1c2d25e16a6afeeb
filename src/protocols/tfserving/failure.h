// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"
#include "engine/engine.h"
#include "net/grpc_message.h"
#include "net/http_message.h"
#include "wire/tfserving/model_spec.h"

namespace trireme::tfserving {

// A failure of a request for a model in TF Serving's words, where it has some: what is not there is not found as
// "Servable not found for request: Latest(m)", and a label that leads nowhere is the client's mistake.
Status InItsWords(const Engine& engine, const ModelSpec& spec, Status status);

// "INVALID_ARGUMENT"
std::string_view CodeName(const Status& status);

// As an answer of REST, and of gRPC: there a message has at most 1024 bytes.
net::HttpResponse ErrorAnswer(const Status& status);
net::GrpcStatus ErrorStatus(const Status& status);

}  // namespace trireme::tfserving
