// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "net/http_handler.h"
#include "net/http_message.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// Answers POST /v2/models/M[/versions/V]/infer. On the loop's thread of the connection.
//
// The request is inflated and decoded on the loop, or on a codec worker if it is large; the engine answers on any
// thread; the answer is encoded, compressed and sent on the loop again, or encoded on a worker first if it is large.
void StartInferCall(const InferServices& services, net::HttpRequest http, const PathArguments& arguments,
                    const Identity& identity, net::HttpReply reply);

// Before the body is read: where its tensors begin, and a refusal if a header is already wrong.
net::BodyPlan PlanInferBody(const net::HttpRequest& head);

}  // namespace trireme::kserve
