// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "access/authoriser.h"
#include "net/http_handler.h"
#include "net/http_message.h"
#include "protocols/sagemaker/services.h"

namespace trireme::sagemaker {

// Before the body is read: where its tensors begin, and a refusal if the head is already wrong: 415 for a type or a
// coding that nobody here reads.
net::BodyPlan PlanInvocation(const Services& services, const net::HttpRequest& head);

// Answers POST /models/M/invoke, and /invocations for models that infer. On the loop's thread of the connection.
void StartInvocation(const Services& services, net::HttpRequest http, const std::string& model,
                     const Identity& identity, net::HttpReply reply);

// Answers POST /invocations: of the default model, as the inference type says.
void StartDefaultInvocation(const Services& services, net::HttpRequest http, const Identity& identity,
                            net::HttpReply reply);

}  // namespace trireme::sagemaker
