// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "backend/backend.h"
#include "base/clock.h"
#include "base/memory_pool.h"
#include "model/model_id.h"
#include "model/signature.h"
#include "scheduler/batch_queue.h"
#include "scheduler/model_metrics.h"

namespace trireme {

// Runs batches of one model: joins their inputs, runs the model, splits its outputs and answers each request.
// Thread-safe: every instance uses the same one.
class BatchRunner {
 public:
  // All must outlive it.
  BatchRunner(const ModelId& id, const Signature& signature, OpenModel& model, MemoryPool& pool, const Clock& clock,
              ModelMetrics& metrics)
      : id_(id), signature_(signature), model_(model), pool_(pool), clock_(clock), metrics_(metrics) {}

  // Answers every request of the batch. If a run of several fails, each is run again alone, so that one bad request
  // does not fail its neighbours. Returns how long the model itself ran.
  Duration Run(std::vector<RequestPtr> batch);

  // Answers what is not worth running any more: kDeadlineExceeded or kCancelled.
  void AnswerExpired(std::vector<RequestPtr> expired);

  // Finishes a request without a run.
  void Refuse(RequestPtr request, Status why);

 private:
  Duration RunAlone(RequestPtr request);
  std::optional<Duration> RunTogether(std::vector<RequestPtr>& batch);
  std::vector<Tensor> JoinInputs(const std::vector<RequestPtr>& batch);
  void Answer(RequestPtr request, std::vector<Tensor> outputs);

  const ModelId& id_;
  const Signature& signature_;
  OpenModel& model_;
  MemoryPool& pool_;
  const Clock& clock_;
  ModelMetrics& metrics_;
};

}  // namespace trireme
