// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/log.h"
#include "base/memory_pool.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "net/byte_budget.h"
#include "server/protocols.h"
#include "server/sagemaker_services.h"
#include "server/tfserving_services.h"
#include "server/torchserve_services.h"
#include "shared_memory/regions.h"
#include "tracing/tracer.h"

namespace trireme {

// Every route and method of the server, over an engine without models.
class AllProtocols {
 public:
  const Protocols& protocols() const { return protocols_; }
  Engine& engine() { return engine_; }

 private:
  MemoryPool pool_;
  metrics::Registry registry_;
  Logger log_{2, Logger::Form::kText, LogLevel::kError};
  BackendSet backends_{PluginHost{.pool = pool_, .log = log_, .folder = "/nowhere"}};
  ModelLoader loader_{backends_, pool_, registry_, 1};
  Lifecycle lifecycle_{{}, loader_, log_};
  Engine engine_{lifecycle_};
  SharedMemoryRegions shared_memory_{{}};
  Tracer tracer_{{}, registry_, log_};
  ThreadPool workers_{{.name = "codec"}};
  const kserve::InferServices services_{.engine = engine_,
                                        .pool = pool_,
                                        .codec_workers = workers_,
                                        .log = log_,
                                        .max_body_bytes = 1 << 20,
                                        .inflated = std::make_shared<net::ByteBudget>(1 << 20),
                                        .shared_memory = shared_memory_,
                                        .tracer = tracer_};
  const sagemaker::Services sagemaker_services_ = MakeSagemakerServices(services_, {});
  torchserve::ModelBook book_;
  torchserve::WorkflowBook workflows_;
  torchserve::SnapshotFile snapshot_{torchserve::Options{}};
  torchserve::AnswerCounts counts_;
  const torchserve::Services torchserve_services_ =
      MakeTorchserveServices(services_, {}, book_, workflows_, snapshot_, counts_, nullptr);
  tfserving::RequestCounts tfserving_counts_;
  const tfserving::Services tfserving_services_ =
      MakeTfservingServices(services_, {.metrics_path = "/monitoring/prometheus/metrics"}, tfserving_counts_, nullptr);
  const Protocols protocols_ =
      MakeProtocols(services_, sagemaker_services_, torchserve_services_, tfserving_services_, registry_);
};

}  // namespace trireme
