// SPDX-License-Identifier: Apache-2.0
#include "metrics/stages.h"

#include <algorithm>
#include <string_view>

#include "metrics/quantile.h"

namespace trireme::metrics {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, kStages> kStageNames = {"decode",  "load",   "queue", "input",
                                                               "compute", "output", "encode"};

// A codec takes microseconds, a big model seconds: about three buckets a decade.
Buckets StageBuckets() {
  return Buckets::Seconds({microseconds(2),   microseconds(5),   microseconds(10),  microseconds(20), microseconds(50),
                           microseconds(100), microseconds(200), microseconds(500), milliseconds(1),  milliseconds(2),
                           milliseconds(5),   milliseconds(10),  milliseconds(20),  milliseconds(50), milliseconds(100),
                           milliseconds(200), milliseconds(500), seconds(1),        seconds(2),       seconds(5),
                           seconds(10)});
}

Buckets RowBuckets() {
  return Buckets::Counts({1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024});
}

}  // namespace

std::string CodeLabel(StatusCode code) {
  std::string label(Name(code));
  std::ranges::replace(label, ' ', '_');
  return label;
}

RequestMetrics::RequestMetrics(Registry& registry, const std::string& model, const std::string& version) {
  const Labels labels = {{"model", model}, {"version", version}};
  const auto with = [&](std::string name, std::string value) {
    Labels more = labels;
    more.emplace_back(std::move(name), std::move(value));
    return more;
  };
  for (size_t stage = 0; stage < kStages; ++stage) {
    stages_[stage] = registry.GetHistogram({"trireme_request_stage_seconds", "Time that requests spent in each stage."},
                                           StageBuckets(), with("stage", std::string(kStageNames[stage])));
  }
  duration_ = registry.GetHistogram(
      {"trireme_request_duration_seconds", "Time from a request's last byte to its answer."}, StageBuckets(), labels);
  batch_rows_ = registry.GetHistogram({"trireme_batch_rows", "Rows in each run of the model."}, RowBuckets(), labels);
  for (size_t code = 0; code < kCodes; ++code) {
    requests_[code] = registry.GetCounter({"trireme_requests_total", "Requests answered, by outcome."},
                                          with("code", CodeLabel(static_cast<StatusCode>(code))));
  }
}

void RequestMetrics::ObserveRequest(StatusCode code, Duration duration, size_t shard) {
  requests_[static_cast<size_t>(code)]->Add(1, shard);
  duration_->Observe(duration, shard);
}

std::optional<Duration> RequestMetrics::RequestQuantile(double share) const {
  const std::optional<double> nanoseconds = Quantile(duration_->buckets(), duration_->Read(), share);
  if (!nanoseconds) return std::nullopt;
  return Duration(static_cast<Duration::rep>(*nanoseconds));
}

}  // namespace trireme::metrics
