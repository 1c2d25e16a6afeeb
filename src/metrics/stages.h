// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "metrics/registry.h"

namespace trireme::metrics {

// Where the time of a request goes, in the order in which it passes.
enum class Stage { kDecode, kLoad, kQueue, kInput, kCompute, kOutput, kEncode };
inline constexpr size_t kStages = 7;

// How a code is written in labels: its name in one word, "deadline_exceeded".
std::string CodeLabel(StatusCode code);

// What is counted of the requests of one model version:
//
//   trireme_request_stage_seconds{model,version,stage=decode|load|queue|input|compute|output|encode}
//   trireme_request_duration_seconds{model,version}
//   trireme_requests_total{model,version,code}     code: a StatusCode's name, "deadline_exceeded"
//   trireme_batch_rows{model,version}              one observation a run of the model
//
// Made when the version is loaded, destroyed when it retires: its series come and go with it. Thread-safe, lock-free.
class RequestMetrics {
 public:
  RequestMetrics(Registry& registry, const std::string& model, const std::string& version);

  void ObserveStage(Stage stage, Duration duration, size_t shard = ThisShard()) {
    stages_[static_cast<size_t>(stage)]->Observe(duration, shard);
  }
  void ObserveRequest(StatusCode code, Duration duration, size_t shard = ThisShard());
  void ObserveBatch(int64_t rows) { batch_rows_->Observe(rows); }

  // What a share of all requests so far, however they ended, did not exceed; as exact as the buckets are narrow.
  // Nothing of too few requests to tell: a share of 0.99 takes a hundred.
  std::optional<Duration> RequestQuantile(double share) const;

 private:
  static constexpr size_t kCodes = static_cast<size_t>(StatusCode::kInternal) + 1;

  std::array<std::shared_ptr<Histogram>, kStages> stages_;
  std::shared_ptr<Histogram> duration_;
  std::shared_ptr<Histogram> batch_rows_;
  std::array<std::shared_ptr<Counter>, kCodes> requests_;  // all from the start, so that a first error is a step from 0
};

}  // namespace trireme::metrics
