// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "lifecycle/request_warmup.h"
#include "lifecycle/trial.h"
#include "model/signature.h"
#include "repository/scan.h"
#include "scheduler/shape_book.h"

namespace trireme {

// All that a model is run on between its trial and its first request.
struct WarmupPlan {
  const ModelEntry& entry;               // whose config has samples, and whose folders recorded requests
  const Signature& signature;            // as clients see it
  const Signature& model_signature;      // what the model itself takes and gives
  const TrialResult& trial;              // which has run it already
  std::vector<InputShapes> in_use;       // that requests of this model had lately
  RequestReader read_request;            // empty: recorded requests are not looked at
  LogReader read_log;                    // empty: TF Serving's logs are not
  const FileSignatures* file = nullptr;  // as RequestTarget has them
  bool is_default = true;
};

struct WarmupReport {
  bool is_done = true;           // false: it was enough before everything was run
  std::string what;              // for people: what it is warm with; empty: its trial alone
  std::string not_warm;          // for people: what it did not take
  std::set<std::string> others;  // signatures of its file that logs want warm, too
};

// What somebody wants the model to run comes first, and must succeed: samples, then recorded requests and logs. Then
// shapes in use, with made-up values, which may fail; not of a model that takes none (TrialResult::ran), or that is
// decoupled: how long it would go on with them nobody knows. `enough` is asked before each run. On a loader thread.
Result<WarmupReport> WarmUpFully(OpenModel& model, const WarmupPlan& plan, MemoryPool& pool,
                                 const std::function<bool()>& enough);

}  // namespace trireme
