// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "bench/carrier.h"
#include "bench/latency_histogram.h"

namespace trireme::bench {

// What happened within a stretch of time: a window, or a stage.
struct Window {
  Duration begin{0};  // since the load began
  Duration length{0};
  int users = 0;                    // at its end: callers in a closed loop, calls under way in an open one
  LatencyHistogram latency;         // of successful answers; a new connection is part of its first request
  LatencyHistogram first_response;  // of those that had a response: until the first of them
  uint64_t failures = 0;
  uint64_t responses = 0;  // of successful calls: more than one each where a model gives several
  std::optional<Duration> server_cpu;
  Duration client_cpu{0};
};

struct Failures {
  uint64_t count = 0;
  std::string sample;  // the first one's words

  bool operator==(const Failures&) const = default;
};

// A model's share of the windows.
struct ModelCounts {
  LatencyHistogram latency;
  uint64_t failures = 0;
};

// How long a call took.
struct CallTimes {
  Duration whole{0};
  std::optional<Duration> first_response;  // where others followed
};

// A step of the time axis.
struct Moment {
  Duration begin{0};  // since the load began
  Duration length{0};
  int users = 0;  // at its end
  uint64_t count = 0;
  uint64_t failures = 0;
  Duration p50{0}, p99{0};
  bool is_warm_up = false;  // most of it
};

// Why a load ended before its time.
struct EarlyEnd {
  enum class Why : uint8_t { kInterrupted, kFailure, kOverrun, kMissed };
  Why why = Why::kInterrupted;
  int users = 0;     // at that moment
  Duration at{0};    // since the load began
  std::string text;  // for people
};

struct LoadResult {
  std::vector<Window> windows;               // an interrupted one only if nothing else tells of its time
  std::vector<ModelCounts> models;           // in the windows
  std::map<std::string, Failures> failures;  // by kind, "HTTP 503" or "unavailable"; the warm-up's too
  std::vector<Moment> moments;               // the warm-up's too
  uint64_t response_bytes = 0;               // of the last successful answer
  std::optional<EarlyEnd> early_end;
  LatencyHistogram late;  // how much later than planned the calls of a sequence that keeps its times were begun
};

// Counts what a load does, in memory that does not grow with its length. Single-threaded.
class LoadRecord {
 public:
  LoadRecord(size_t models, Duration planned, std::optional<pid_t> server_pid, TimePoint began);

  void OpenWindow(TimePoint now);
  void CloseWindow(TimePoint now, int users);
  // Whether what happens now is in a window.
  bool is_measuring() const { return measuring_; }
  bool has_windows() const { return !result_.windows.empty(); }

  void Answered(size_t model, const CallTimes& times, const CallEnd& end);
  void Failed(size_t model, std::string_view kind, std::string_view message);
  // Ends the steps of the time axis that are over. Cheap, and to be called often.
  void Advance(TimePoint now, int users) {
    if (now >= moment_began_ + step_) CloseMoments(now, users);
  }

  void Began(Duration late) { result_.late.Record(late); }

  LoadResult Finish(TimePoint now, int users) &&;

 private:
  void CloseMoments(TimePoint now, int users);
  void CloseMoment(TimePoint end, int users);

  const std::optional<pid_t> server_pid_;
  const TimePoint began_;
  const Duration step_;
  bool measuring_ = false;
  TimePoint window_began_;
  TimePoint warm_up_end_ = kNever;
  Window window_;
  std::optional<Duration> server_cpu_;  // when the window began
  Duration client_cpu_{0};
  TimePoint moment_began_;
  LatencyHistogram moment_latency_;
  uint64_t moment_failures_ = 0;
  LoadResult result_;
};

// How long a step of the time axis is, so that a load of this length has some hundred: round numbers, a second unless
// the load is very short or long.
Duration StepOf(Duration planned);

}  // namespace trireme::bench
