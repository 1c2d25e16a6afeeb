// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/engine.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/testing/fake_models.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// What the calls of this protocol use, with fake models behind it. A test derives from it.
class FakeServices {
 protected:
  explicit FakeServices(const FakeOptions& models = {}, const Lifecycle::Options& lifecycle = {})
      : models_(models), lifecycle_(lifecycle, models_.loader, models_.log) {}

  FakeModels models_;
  Logger log_{2, Logger::Form::kText, LogLevel::kError};
  Lifecycle lifecycle_;
  Engine engine_{lifecycle_};
  ThreadPool workers_{{.name = "codec"}};
  SharedMemoryRegions shared_memory_{{}};
  metrics::Registry registry_;
  Tracer tracer_{{}, registry_, log_};
  const InferServices services_{.engine = engine_,
                                .pool = models_.pool,
                                .codec_workers = workers_,
                                .log = log_,
                                .max_body_bytes = 1 << 24,
                                .inflated = std::make_shared<net::ByteBudget>(1 << 24),
                                .shared_memory = shared_memory_,
                                .tracer = tracer_};
};

}  // namespace trireme::kserve
