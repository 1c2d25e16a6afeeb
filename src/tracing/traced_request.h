// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/infer_request.h"
#include "model/reply.h"
#include "tracing/tracer.h"

namespace trireme {

// What is noted of a request for its trace: the request itself will be gone when it is answered. Notes nothing, and
// costs nothing, while nothing could be traced. Used by one thread at a time.
class TracedRequest {
 public:
  // `protocol` is a constant: "http", "grpc".
  void Begin(const Tracer& tracer, std::string_view protocol, const InferRequest& request);

  // The request was ended like that, and the answer is written. `encoded` is what came of writing it.
  void End(Tracer& tracer, const Outcome& outcome, const Status& encoded = {});

 private:
  struct Note {
    RequestTrace trace;
    std::string request_id;
  };
  std::optional<Note> note_;
};

}  // namespace trireme
