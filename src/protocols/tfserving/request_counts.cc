// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/request_counts.h"

#include <chrono>
#include <utility>

#include "metrics/exposition.h"

namespace trireme::tfserving {
namespace {

constexpr std::string_view kRequestCount = ":tensorflow:serving:request_count";
constexpr std::string_view kRequestLatency = ":tensorflow:serving:request_latency";

// 10 us, and so on by factors of 1.8, as TF Serving has it.
metrics::Buckets LatencyBuckets() {
  constexpr int kBuckets = 33;
  metrics::Buckets buckets;
  double bound = 10;
  for (int i = 0; i < kBuckets; ++i, bound *= 1.8) buckets.bounds.push_back(static_cast<int64_t>(bound));
  return buckets;
}

}  // namespace

void RequestCounts::Add(const CountedCall& call) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(call.took).count();
  const MutexLock lock(mutex_);
  ended_[{.model = std::string(call.model), .status = std::string(call.status)}] += 1;
  std::unique_ptr<metrics::Histogram>& latency = latencies_[{
      .model = std::string(call.model), .api = std::string(call.api), .entrypoint = std::string(call.entrypoint)}];
  if (!latency) latency = std::make_unique<metrics::Histogram>(LatencyBuckets());
  latency->Observe(took);
}

std::string RequestCounts::Text() const {
  std::string text;
  const MutexLock lock(mutex_);
  text.append("# TYPE ").append(kRequestCount).append(" counter\n");
  for (const auto& [ended, count] : ended_) {
    metrics::AppendSample(text, kRequestCount, {{"model_name", ended.model}, {"status", ended.status}},
                          static_cast<double>(count));
  }
  text.append("# TYPE ").append(kRequestLatency).append(" histogram\n");
  for (const auto& [asked, latency] : latencies_) {
    metrics::AppendHistogram(text, kRequestLatency,
                             {{"model_name", asked.model}, {"API", asked.api}, {"entrypoint", asked.entrypoint}},
                             latency->buckets(), latency->Read());
  }
  return text;
}

}  // namespace trireme::tfserving
