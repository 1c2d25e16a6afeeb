// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/memory_pool.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "dialect/dialect.h"
#include "engine/engine.h"
#include "net/http_handler.h"
#include "protocols/sagemaker/options.h"
#include "tracing/tracer.h"

namespace trireme::sagemaker {

// KServe V2 as this dialect needs it: the bodies of both are the same, and protocols do not know one another, so the
// server hands it over.
struct V2 {
  using Handle = decltype(Route::handle);
  using PlanBody = decltype(Route::plan_body);

  Handle infer;
  Handle generate;
  Handle generate_stream;
  PlanBody plan_infer;
  std::function<net::HttpResponse(const Status&)> error;  // {"error": "..."} with its number
};

// What every call uses; outlives them all.
struct Services {
  Engine& engine;
  MemoryPool& pool;
  ThreadPool& codec_workers;  // read and write what would hold a loop up
  Tracer& tracer;
  Options options;
  V2 v2;
  bool tells_timing = true;        // answers to inference say where their time went
  bool probes_name_models = true;  // when they say why not; false: whoever asks may not be meant to know them
};

}  // namespace trireme::sagemaker
