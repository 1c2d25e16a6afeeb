// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "access/authoriser.h"
#include "net/http_handler.h"
#include "net/http_message.h"
#include "protocols/sagemaker/media_type.h"
#include "protocols/sagemaker/services.h"

namespace trireme::sagemaker {

// A request whose body is not V2's: the elements of the model's one input and nothing else.
struct PlainRequest {
  net::HttpRequest http;
  std::string model;
  Format body = Format::kJson;
  Format answer = Format::kJson;
};

// Answers it. On the loop's thread of the connection.
//
// A model that is not in memory is waited for. The body is read on the loop, or on a codec worker if it is large; the
// engine answers on any thread; the answer is written on the loop again, or on a worker first if it is large.
void StartPlainCall(const Services& services, PlainRequest request, const Identity& identity, net::HttpReply reply);

}  // namespace trireme::sagemaker
