// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/memory_pool.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "net/byte_budget.h"
#include "shared_memory/regions.h"
#include "tracing/tracer.h"

namespace trireme::kserve {

// What every call uses; outlives them all.
struct InferServices {
  Engine& engine;
  MemoryPool& pool;
  ThreadPool& codec_workers;  // read and write what would hold a loop up
  Logger& log;                // whose settings clients may change
  uint64_t max_body_bytes;    // of a body, also once it is inflated
  // What inflated bodies of all requests together may hold. Never null; shared with each of them.
  std::shared_ptr<net::ByteBudget> inflated;
  SharedMemoryRegions& shared_memory;
  Tracer& tracer;
  std::string server_name = "trireme";  // as GET /v2 tells it
  bool tells_timing = true;             // answers to inference say where their time went
  bool probes_name_models = true;       // when they say why not; false: whoever asks may not be meant to know them
};

}  // namespace trireme::kserve
