// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "net/http_handler.h"
#include "net/http_message.h"
#include "protocols/tfserving/call.h"
#include "wire/tfserving/results.h"

namespace trireme::tfserving {

// What REST asks a model: the body of a POST to :predict, and to :classify or :regress. `services` must outlive them.
std::unique_ptr<Question> PredictOverRest(const Services& services, net::HttpRequest http, net::HttpReply reply);
std::unique_ptr<Question> InferOverRest(const Services& services, ResultKind kind, net::HttpRequest http,
                                        net::HttpReply reply);

}  // namespace trireme::tfserving
