// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/status.h"
#include "metrics/registry.h"
#include "metrics/stages.h"
#include "model/model_id.h"
#include "model/stages.h"
#include "model/statistics.h"

namespace trireme {

// The series of one model version: which of a request's times goes into which histogram. Lives as long as the version
// is known to the server, so that counts survive what happens to the model. Thread-safe.
class ModelMetrics {
 public:
  ModelMetrics(metrics::Registry& registry, const ModelId& id);

  // Once a request, when it is finished, however it ended.
  void Record(StatusCode code, const Stages& stages);

  // Once a run of the model.
  void RecordRun(int64_t rows);

  // Everything so far, all of one moment.
  ModelStatistics statistics() const;

  // The protocol's part, after the request is finished here.
  void RecordEncode(Duration took);

 private:
  metrics::RequestMetrics series_;
};

}  // namespace trireme
