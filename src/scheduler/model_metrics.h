// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "metrics/load_estimate.h"
#include "metrics/registry.h"
#include "metrics/stages.h"
#include "model/model_id.h"
#include "model/stages.h"
#include "model/statistics.h"
#include "scheduler/line_planner.h"

namespace trireme {

// What is counted of one model version: for Prometheus the histograms of metrics/stages.h and Triton's series
// (scheduler/triton_series.h), and V2's statistics. Everything is counted before the answer is handed over: who has an
// answer finds it counted.
//
// Lives as long as the version is known to the server, so that counts survive what happens to the model. At any time
// there is one for a version at most: two would count into the same series. Thread-safe.
class ModelMetrics {
 public:
  ModelMetrics(metrics::Registry& registry, const ModelId& id);

  // Once a request that has been checked, and comes to be run, whatever becomes of it.
  void CountArrival() { arrivals_.Add(); }

  // How a request ended that was part of a run.
  struct Ended {
    StatusCode code = StatusCode::kOk;
    // Why it failed, if it did: not always the run, the answer may not have found room.
    ModelStatistics::FailureReason reason = ModelStatistics::FailureReason::kBackend;
    int64_t rows = 1;
    const Stages* stages = nullptr;
  };

  // Once a run of the model whose requests are now answered, however it ended: all its requests. In the statistics a
  // run has the rows of the requests that succeeded, and counts if any did; so one that failed as a whole is not in
  // them, and the rows of all runs are the inferences.
  void RecordRun(std::span<const Ended> requests);

  // Once a request that failed without a run.
  void Record(StatusCode code, const Stages& stages);

  // Once a request that was answered from the cache, in which it took so long to look. Before it is answered.
  void RecordCacheHit(Duration took, const Stages& stages);
  // Once a request for which nothing was there. To keep its answer then took `RecordKept`.
  void RecordCacheMiss(Duration took);
  void RecordKept(Duration took);

  // Once a response of a decoupled model, before it is handed over, and once at the end of its run.
  enum class ResponseKind : uint8_t { kSuccess, kFail, kEmpty, kCancel };
  struct Response {
    ResponseKind kind = ResponseKind::kSuccess;
    size_t index = 0;    // of the responses to its request; that of one more at the end
    Duration infer{0};   // since the one before
    Duration output{0};  // kSuccess: until it is handed over
  };
  void RecordResponse(const Response& response);

  // Everything so far, all of one moment.
  ModelStatistics statistics() const;

  // The counts and times alone, without the batches and responses: cheap.
  ModelStatistics totals() const;

  // What was wanted of it, and what that took: for load gauges. Cheap.
  metrics::WorkTotals work() const;

  // What 99 % of all requests since the version is known took at most, from a request's last byte to its answer,
  // however they ended. Estimated inside a histogram's bucket, which ends at two to two and a half times where it
  // begins. Nothing before there were a hundred. Cheap, and takes no lock.
  std::optional<Duration> p99() const { return series_.RequestQuantile(0.99); }

  // Requests that came into the line, or went from it.
  void AddWaiting(int64_t change) { waiting_->Add(static_cast<double>(change)); }

  // Requests that were refused because they would have been answered too late, and those that were answered too late:
  // past the model's goal or their own deadlines.
  void CountPredictedLate() { predicted_late_->Add(); }
  void CountLate() { late_->Add(); }

  // What the line of this version goes by is shown from now on, instead of what another one does; until it is hidden,
  // by the same owner. `read` is called on any thread.
  void ShowLine(const void* owner, std::function<LinePlanner::Account()> read);
  void HideLine(const void* owner);

  // How long it took to load, the last time.
  void RecordLoad(Duration took);

  // The protocol's part, after the request is finished here.
  void RecordEncode(Duration took);

 private:
  std::vector<metrics::FamilySamples> LineSeries(const metrics::Labels& labels) const;
  void CountSuccess(const Stages& stages) REQUIRES(mutex_);
  void CountFailure(ModelStatistics::FailureReason reason, const Stages& stages) REQUIRES(mutex_);
  void CountRun(uint64_t rows, const Stages& stages) REQUIRES(mutex_);
  void CountWork(std::span<const Ended> requests) REQUIRES(mutex_);
  void Observe(StatusCode code, const Stages& stages);

  metrics::RequestMetrics series_;
  metrics::Counter arrivals_;
  mutable Mutex mutex_;
  ModelStatistics totals_ GUARDED_BY(mutex_);    // without lists, so that a copy costs nothing
  metrics::WorkTotals work_ GUARDED_BY(mutex_);  // but for the arrivals
  std::map<uint64_t, ModelStatistics::Batch> batches_ GUARDED_BY(mutex_);
  std::vector<ModelStatistics::Response> responses_ GUARDED_BY(mutex_);
  TimePoint last_inference_ GUARDED_BY(mutex_);  // the epoch: never
  std::shared_ptr<metrics::Gauge> waiting_;      // all three shared with whoever is just exposing them
  std::shared_ptr<metrics::Gauge> load_seconds_;
  std::shared_ptr<metrics::Counter> loads_;
  std::shared_ptr<metrics::Counter> predicted_late_, late_;
  mutable Mutex line_mutex_;  // held while it is read, so that its owner may go once it is hidden
  const void* line_owner_ GUARDED_BY(line_mutex_) = nullptr;
  std::function<LinePlanner::Account()> read_line_ GUARDED_BY(line_mutex_);
  metrics::CallbackHandle counters_;  // last: it reads the totals until it is gone
};

}  // namespace trireme
