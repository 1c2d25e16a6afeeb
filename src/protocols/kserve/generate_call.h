// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dialect/dialect.h"
#include "net/http_handler.h"
#include "net/http_message.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// How the responses to a generate request leave (protocols/kserve/generate_answer.h).
enum class GenerateForm : uint8_t { kOne, kEvents };

// Answers POST /v2/models/M[/versions/V]/generate and generate_stream. On the loop's thread of the connection.
//
// The request is read on the loop, or on a codec worker if it is large. The engine gives responses on any thread; they
// travel to the loop together, as many as there are when nothing else of this call is on its way, and are written there
// (large ones encoded on a worker first). So a loop that has much to do gets them in few, larger pieces.
void StartGenerateCall(const InferServices& services, GenerateForm form, net::HttpRequest http,
                       const PathArguments& arguments, const Identity& identity, net::HttpReply reply);

}  // namespace trireme::kserve
