// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "base/clock.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_response.h"
#include "model/model_id.h"
#include "model/signature.h"
#include "model/statistics.h"
#include "scheduler/batch_queue.h"
#include "scheduler/model_metrics.h"
#include "scheduler/shape_book.h"

namespace trireme {

// Runs batches of one model: joins their inputs, runs the model, splits its outputs and answers each request, under the
// shapes that clients know. All requests of a run are counted together, before any of them has its answer. The requests
// of a decoupled model run one by one, and their responses leave as the model gives them.
// Thread-safe: every instance uses the same one.
class BatchRunner {
 public:
  // All must outlive it, the models of Run() too. `decoupled`: a model that is not, and is to be served as one, gives
  // one response a request. `shapes` may be null: where it is noted what runs succeeded with.
  BatchRunner(const ModelId& id, const Signature& signature, MemoryPool& pool, const Clock& clock,
              ModelMetrics& metrics, bool decoupled = false, ShapeBook* shapes = nullptr)
      : id_(id),
        signature_(signature),
        pool_(pool),
        clock_(clock),
        metrics_(metrics),
        decoupled_(decoupled),
        shapes_(shapes) {}

  // Answers every request of the batch. If a run of several fails, each is run again alone, so that one bad request
  // does not fail its neighbours. Returns how long the model itself ran, of a batch that it takes row by row alone all
  // of these; nothing if one failed, since that tells nobody how long those take that succeed. `threads`: that a run
  // keeps busy, for who counts what requests took.
  std::optional<Duration> Run(OpenModel& model, std::vector<RequestPtr> batch, int threads = 1);

  // Answers what is not worth running any more: kDeadlineExceeded or kCancelled.
  void AnswerExpired(std::vector<Expired> expired);

  // Finishes a request without a run.
  void Refuse(RequestPtr request, Status why);

 private:
  // A request that was part of a run, and what it is to be told.
  struct Answer {
    RequestPtr request;
    Status status;
    ModelStatistics::FailureReason reason = ModelStatistics::FailureReason::kBackend;  // if it is not OK
    std::optional<InferResponse> response = {};  // nothing also where its responses have left already
  };

  std::optional<Duration> RunOneByOne(OpenModel& model, std::vector<RequestPtr> batch);
  std::optional<Duration> RunAlone(OpenModel& model, RequestPtr request);
  std::optional<Duration> RunForResponses(OpenModel& model, RequestPtr request);
  std::optional<Duration> RunTogether(OpenModel& model, std::vector<RequestPtr>& batch);
  std::vector<Tensor> JoinInputs(const std::vector<RequestPtr>& batch);
  Answer Prepare(RequestPtr request, std::vector<Tensor> outputs) const;
  void NoteShapes(std::span<const Tensor> inputs);
  void Finish(std::span<Answer> answers);

  const ModelId& id_;
  const Signature& signature_;
  MemoryPool& pool_;
  const Clock& clock_;
  ModelMetrics& metrics_;
  const bool decoupled_;
  ShapeBook* const shapes_;
};

}  // namespace trireme
