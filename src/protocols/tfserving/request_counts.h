// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "metrics/instruments.h"

namespace trireme::tfserving {

// A call as its metrics have it.
struct CountedCall {
  std::string_view model;       // empty: nobody knows the one that was asked for
  std::string_view api;         // "Predict", "Classify", ... over gRPC; the verb of REST: "predict"
  std::string_view entrypoint;  // "GRPC", "REST"
  std::string_view status;      // "OK", "NOT_FOUND"
  Duration took{0};
};

// What was asked of TF Serving's dialect, under its names of metrics. Thread-safe. Grows with the models that there
// are, not with what clients write.
class RequestCounts {
 public:
  void Add(const CountedCall& call);

  // In the Prometheus text format.
  std::string Text() const;

 private:
  struct Asked {
    std::string model;
    std::string api;
    std::string entrypoint;
    auto operator<=>(const Asked&) const = default;
  };
  struct Ended {
    std::string model;
    std::string status;
    auto operator<=>(const Ended&) const = default;
  };

  mutable Mutex mutex_;
  std::map<Ended, uint64_t> ended_ GUARDED_BY(mutex_);
  std::map<Asked, std::unique_ptr<metrics::Histogram>> latencies_ GUARDED_BY(mutex_);
};

}  // namespace trireme::tfserving
