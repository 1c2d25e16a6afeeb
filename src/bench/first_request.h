// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"
#include "bench/options.h"
#include "bench/workload.h"
#include "client/inference_client.h"
#include "client/url.h"

namespace trireme::bench {

// Sends each model's first request once, so that nobody loads a server with requests that it refuses, all for the same
// reason: an unknown model, a key that is missing, a body that is not taken. Of the dialects but KServe's, whose
// servers are not asked for a description before that. `method`: over gRPC. An error is such a refusal (a 4xx but 408
// and 429, which come and go with the load; or 501) and names the model; whatever else comes is for the load to find.
// Blocks as long as the time-out allows.
Status AskOnce(const BenchOptions& options, const client::Url& url, const client::ClientOptions& access,
               std::string_view method, const Workload& workload);

// The same status, with the hint that its server speaks another protocol, if its words say so.
Status WithDialectHint(Status refused);

// The same status, where its words are a web page without that: who answers so is no server of models.
Status WithoutWebPage(Status refused, Dialect dialect);

}  // namespace trireme::bench
