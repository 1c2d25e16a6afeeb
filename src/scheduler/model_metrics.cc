// SPDX-License-Identifier: Apache-2.0
#include "scheduler/model_metrics.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/loop_thread.h"
#include "scheduler/line_series.h"
#include "scheduler/triton_series.h"

namespace trireme {

using FailureReason = ModelStatistics::FailureReason;
using metrics::Stage;

namespace {

// Of a model that takes requests of any size, clients choose how many there are. Runs of further sizes count in the
// totals alone.
constexpr size_t kMostBatchSizes = 1024;

// Of the responses of a request, likewise.
constexpr size_t kMostResponses = 1024;

FailureReason ReasonOf(StatusCode code) {
  switch (code) {
    case StatusCode::kOverloaded:
    case StatusCode::kOutOfMemory:
    case StatusCode::kDeadlineExceeded:
      return FailureReason::kRejected;
    case StatusCode::kCancelled:
      return FailureReason::kCanceled;
    default:
      return FailureReason::kOther;
  }
}

}  // namespace

ModelMetrics::ModelMetrics(metrics::Registry& registry, const ModelId& id)
    : series_(registry, id.name, std::to_string(id.version)),
      waiting_(triton_series::Waiting(registry, triton_series::LabelsOf(id))),
      load_seconds_(triton_series::LoadSeconds(registry, triton_series::LabelsOf(id))),
      loads_(triton_series::Loads(registry, triton_series::LabelsOf(id))),
      predicted_late_(line_series::PredictedLate(registry, triton_series::LabelsOf(id))),
      late_(line_series::Late(registry, triton_series::LabelsOf(id))),
      counters_(registry.ReadFamilies([this, labels = triton_series::LabelsOf(id)] {
        std::vector<metrics::FamilySamples> families = triton_series::Counters(labels, totals());
        for (metrics::FamilySamples& family : LineSeries(labels)) families.push_back(std::move(family));
        return families;
      })) {}

void ModelMetrics::ShowLine(const void* owner, std::function<LinePlanner::Account()> read) {
  const MutexLock lock(line_mutex_);
  line_owner_ = owner;
  read_line_ = std::move(read);
}

void ModelMetrics::HideLine(const void* owner) {
  const MutexLock lock(line_mutex_);
  if (line_owner_ != owner) return;
  line_owner_ = nullptr;
  read_line_ = nullptr;
}

std::vector<metrics::FamilySamples> ModelMetrics::LineSeries(const metrics::Labels& labels) const {
  const MutexLock lock(line_mutex_);
  if (!read_line_) return {};
  return line_series::Families(labels, read_line_());
}

void ModelMetrics::RecordRun(std::span<const Ended> requests) {
  int64_t rows = 0;
  uint64_t successful_rows = 0;
  const Stages* successful = nullptr;
  {
    const MutexLock lock(mutex_);
    CountWork(requests);
    for (const Ended& request : requests) {
      rows += request.rows;
      if (request.code != StatusCode::kOk) {
        CountFailure(request.reason, *request.stages);
        continue;
      }
      CountSuccess(*request.stages);
      successful_rows += static_cast<uint64_t>(request.rows);
      successful = request.stages;
    }
    if (successful != nullptr) CountRun(successful_rows, *successful);
  }
  series_.ObserveBatch(rows);
  for (const Ended& request : requests) Observe(request.code, *request.stages);
}

void ModelMetrics::Record(StatusCode code, const Stages& stages) {
  {
    const MutexLock lock(mutex_);
    CountFailure(ReasonOf(code), stages);
  }
  Observe(code, stages);
}

void ModelMetrics::RecordCacheHit(Duration took, const Stages& stages) {
  {
    const MutexLock lock(mutex_);
    totals_.success.Add(stages.answered - stages.received);
    totals_.queue.Add(Duration(0));
    totals_.cache_hit.Add(took);
  }
  Observe(StatusCode::kOk, stages);
}

void ModelMetrics::RecordCacheMiss(Duration took) {
  const MutexLock lock(mutex_);
  totals_.cache_miss.Add(took);
}

void ModelMetrics::RecordKept(Duration took) {
  const MutexLock lock(mutex_);
  totals_.cache_miss.Add(took, 0);
}

void ModelMetrics::RecordResponse(const Response& response) {
  if (response.index >= kMostResponses) return;
  const MutexLock lock(mutex_);
  if (responses_.size() <= response.index) responses_.resize(response.index + 1);
  ModelStatistics::Response& counts = responses_[response.index];
  switch (response.kind) {
    case ResponseKind::kSuccess:
      counts.compute_infer.Add(response.infer);
      counts.compute_output.Add(response.output);
      counts.success.Add(response.infer + response.output);
      break;
    case ResponseKind::kFail:
      counts.fail.Add(response.infer);
      break;
    case ResponseKind::kEmpty:
      counts.empty_response.Add(response.infer);
      break;
    case ResponseKind::kCancel:
      counts.cancel.Add(response.infer);
      break;
  }
}

void ModelMetrics::CountSuccess(const Stages& stages) {
  totals_.success.Add(stages.answered - stages.received);
  totals_.queue.Add(stages.taken - stages.queued);
  totals_.compute_input.Add(stages.run_begin - stages.taken);
  totals_.compute_infer.Add(stages.run_end - stages.run_begin);
  totals_.compute_output.Add(stages.answered - stages.run_end);
}

void ModelMetrics::CountFailure(FailureReason reason, const Stages& stages) {
  totals_.fail.Add(stages.answered - stages.received);
  ++totals_.failures[static_cast<size_t>(reason)];
}

void ModelMetrics::CountRun(uint64_t rows, const Stages& stages) {
  last_inference_ = std::max(last_inference_, stages.answered);
  totals_.inferences += rows;
  ++totals_.executions;
  auto batch = batches_.find(rows);
  if (batch == batches_.end()) {
    if (batches_.size() == kMostBatchSizes) return;
    batch = batches_.emplace(rows, ModelStatistics::Batch()).first;
  }
  batch->second.compute_input.Add(stages.run_begin - stages.taken);
  batch->second.compute_infer.Add(stages.run_end - stages.run_begin);
  batch->second.compute_output.Add(stages.answered - stages.run_end);
}

// All of them have the times of their run.
void ModelMetrics::CountWork(std::span<const Ended> requests) {
  if (requests.empty()) return;
  const Stages& stages = *requests.front().stages;
  const Duration run = stages.run_end - stages.run_begin;
  const Duration around = (stages.run_begin - stages.taken) + (stages.answered - stages.run_end);
  work_.run += requests.size();
  work_.run_time += run * std::max(stages.threads, 1);
  work_.around_time += around;
  if (OnLoopThread()) work_.on_loops += run + around;  // with one thread
}

void ModelMetrics::Observe(StatusCode code, const Stages& stages) {
  const size_t shard = metrics::ThisShard();
  series_.ObserveRequest(code, stages.answered - stages.received, shard);
  if (stages.queued == TimePoint()) return;  // refused before it entered the line
  const bool was_loaded = stages.awaited != TimePoint();
  series_.ObserveStage(Stage::kDecode, (was_loaded ? stages.awaited : stages.queued) - stages.received, shard);
  if (was_loaded) series_.ObserveStage(Stage::kLoad, stages.queued - stages.awaited, shard);
  if (stages.run_end == TimePoint()) return;  // never run
  series_.ObserveStage(Stage::kQueue, stages.taken - stages.queued, shard);
  series_.ObserveStage(Stage::kInput, stages.run_begin - stages.taken, shard);
  series_.ObserveStage(Stage::kCompute, stages.run_end - stages.run_begin, shard);
  series_.ObserveStage(Stage::kOutput, stages.answered - stages.run_end, shard);
}

metrics::WorkTotals ModelMetrics::work() const {
  const MutexLock lock(mutex_);
  metrics::WorkTotals work = work_;
  work.came = arrivals_.value();
  return work;
}

ModelStatistics ModelMetrics::totals() const {
  const MutexLock lock(mutex_);
  return totals_;
}

ModelStatistics ModelMetrics::statistics() const {
  // What people call now is asked for here rather than at every run.
  const auto steady_now = Clock::System().Now();
  const auto now = std::chrono::system_clock::now();
  const MutexLock lock(mutex_);
  ModelStatistics statistics = totals_;
  statistics.batches = batches_;
  statistics.responses = responses_;
  if (last_inference_ != TimePoint()) statistics.last_inference = now - (steady_now - last_inference_);
  return statistics;
}

void ModelMetrics::RecordLoad(Duration took) {
  load_seconds_->Set(std::chrono::duration<double>(took).count());
  loads_->Add();
}

void ModelMetrics::RecordEncode(Duration took) {
  series_.ObserveStage(Stage::kEncode, took);
}

}  // namespace trireme
