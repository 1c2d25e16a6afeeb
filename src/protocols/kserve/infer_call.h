// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/memory_pool.h"
#include "base/thread_pool.h"
#include "dialect/dialect.h"
#include "engine/engine.h"
#include "net/http_handler.h"
#include "net/http_message.h"

namespace trireme::kserve {

// What every infer call uses; outlives them all.
struct InferServices {
  Engine& engine;
  MemoryPool& pool;
  ThreadPool& codec_workers;  // read and write JSON that would hold a loop up
};

// Answers POST /v2/models/M[/versions/V]/infer. On the loop's thread of the connection.
//
// The request is decoded on the loop, or on a codec worker if its JSON is large; the engine answers on any thread; the
// answer is encoded and sent on the loop again, or encoded on a worker first if it is large.
void StartInferCall(const InferServices& services, net::HttpRequest http, const PathArguments& arguments,
                    const Identity& identity, net::HttpReply reply);

// Before the body is read: where its tensors begin, and a refusal if a header is already wrong.
net::BodyPlan PlanInferBody(const net::HttpRequest& head);

}  // namespace trireme::kserve
