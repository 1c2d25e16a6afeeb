// SPDX-License-Identifier: Apache-2.0
#include "bench/load_record.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "bench/server_process.h"

namespace trireme::bench {

using std::chrono::milliseconds;
using std::chrono::seconds;

Duration StepOf(Duration planned) {
  constexpr int kMostSteps = 600;
  constexpr std::array<Duration, 11> kSteps = {seconds(1),   seconds(2),    seconds(5),   seconds(10),
                                               seconds(30),  seconds(60),   seconds(120), seconds(300),
                                               seconds(600), seconds(1800), seconds(3600)};
  if (planned <= seconds(3)) return milliseconds(50);
  if (planned <= seconds(20)) return milliseconds(200);
  for (const Duration step : kSteps) {
    if (planned / step <= kMostSteps) return step;
  }
  return kSteps.back();
}

LoadRecord::LoadRecord(size_t models, Duration planned, std::optional<pid_t> server_pid, TimePoint began)
    : server_pid_(server_pid), began_(began), step_(StepOf(planned)), moment_began_(began) {
  result_.models.resize(models);
}

void LoadRecord::OpenWindow(TimePoint now) {
  measuring_ = true;
  window_ = Window();
  window_.begin = now - began_;
  window_began_ = now;
  warm_up_end_ = std::min(warm_up_end_, now);
  client_cpu_ = OwnCpuTime();
  server_cpu_ = server_pid_ ? CpuTimeOf(*server_pid_) : std::nullopt;
}

void LoadRecord::CloseWindow(TimePoint now, int users) {
  measuring_ = false;
  window_.length = now - window_began_;
  window_.users = users;
  window_.client_cpu = OwnCpuTime() - client_cpu_;
  if (server_cpu_) {
    if (const auto cpu = CpuTimeOf(*server_pid_)) window_.server_cpu = *cpu - *server_cpu_;
  }
  result_.windows.push_back(std::move(window_));
}

void LoadRecord::Answered(size_t model, const CallTimes& times, const CallEnd& end) {
  moment_latency_.Record(times.whole);
  result_.response_bytes = end.bytes;
  if (!measuring_) return;
  window_.latency.Record(times.whole);
  if (end.responses > 0) window_.first_response.Record(times.first_response.value_or(times.whole));
  window_.responses += end.responses;
  if (result_.models.size() > 1) result_.models[model].latency.Record(times.whole);
}

void LoadRecord::Failed(size_t model, std::string_view kind, std::string_view message) {
  ++moment_failures_;
  if (measuring_) {
    ++window_.failures;
    ++result_.models[model].failures;
  }
  Failures& failures = result_.failures[std::string(kind)];
  if (failures.count++ == 0) failures.sample = message;
}

void LoadRecord::CloseMoments(TimePoint now, int users) {
  while (now >= moment_began_ + step_) CloseMoment(moment_began_ + step_, users);
}

void LoadRecord::CloseMoment(TimePoint end, int users) {
  result_.moments.push_back({.begin = moment_began_ - began_,
                             .length = end - moment_began_,
                             .users = users,
                             .count = moment_latency_.count(),
                             .failures = moment_failures_,
                             .p50 = moment_latency_.Quantile(0.5),
                             .p99 = moment_latency_.Quantile(0.99),
                             .is_warm_up = moment_began_ + (end - moment_began_) / 2 < warm_up_end_});
  moment_began_ = end;
  moment_latency_ = LatencyHistogram();
  moment_failures_ = 0;
}

LoadResult LoadRecord::Finish(TimePoint now, int users) && {
  CloseMoments(now, users);
  // A last step that is too short to say something would only draw a false edge.
  if (now - moment_began_ >= step_ / 2 || result_.moments.empty()) CloseMoment(now, users);
  if (result_.models.size() == 1) {
    for (const Window& window : result_.windows) result_.models[0].latency.Add(window.latency);
  }
  return std::move(result_);
}

}  // namespace trireme::bench
