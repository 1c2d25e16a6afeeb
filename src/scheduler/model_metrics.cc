// SPDX-License-Identifier: Apache-2.0
#include "scheduler/model_metrics.h"

#include <string>

namespace trireme {

using metrics::Stage;

ModelMetrics::ModelMetrics(metrics::Registry& registry, const ModelId& id)
    : series_(registry, id.name, std::to_string(id.version)) {}

void ModelMetrics::Record(StatusCode code, const Stages& stages) {
  series_.ObserveRequest(code, stages.answered - stages.received);
  if (stages.queued == TimePoint()) return;  // refused before it entered the line
  series_.ObserveStage(Stage::kDecode, stages.queued - stages.received);
  if (stages.run_end == TimePoint()) return;  // never run
  series_.ObserveStage(Stage::kQueue, stages.taken - stages.queued);
  series_.ObserveStage(Stage::kInput, stages.run_begin - stages.taken);
  series_.ObserveStage(Stage::kCompute, stages.run_end - stages.run_begin);
  series_.ObserveStage(Stage::kOutput, stages.answered - stages.run_end);
}

void ModelMetrics::RecordRun(int64_t rows) {
  series_.ObserveBatch(rows);
}

ModelStatistics ModelMetrics::statistics() const {
  return {};
}

void ModelMetrics::RecordEncode(Duration took) {
  series_.ObserveStage(Stage::kEncode, took);
}

}  // namespace trireme
