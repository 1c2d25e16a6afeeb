// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/log.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "net/byte_budget.h"
#include "protocols/tfserving/options.h"
#include "protocols/tfserving/request_counts.h"
#include "tracing/tracer.h"
#include "wire/tfserving/config_files.h"

namespace trireme::tfserving {

// What every call uses; outlives them all.
struct Services {
  Engine& engine;
  MemoryPool& pool;
  ThreadPool& codec_workers;  // read and write what would hold a loop up
  Tracer& tracer;
  const Logger& log;
  uint64_t max_body_bytes;  // of a message, also once it is inflated; and what short lists of it may be filled up to
  // What inflated bodies of all requests together may hold. Never null; shared with each of them.
  std::shared_ptr<net::ByteBudget> inflated;
  Options options;
  RequestCounts& counts;
  bool tells_timing = true;  // answers to inference say where their time went
  // From now on these models are served and no others of such a list; done when they serve or have failed. Null: the
  // server has no such list.
  std::function<void(std::vector<ServedModel>, std::function<void(Status)>)> serve_models = nullptr;
};

}  // namespace trireme::tfserving
