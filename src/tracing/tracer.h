// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/status.h"
#include "client/url.h"
#include "metrics/registry.h"
#include "model/infer_request.h"
#include "model/model_id.h"
#include "model/stages.h"

namespace trireme {

// Which requests are traced (Triton's "Trace" extension). One for the server, and where set, one for a model.
struct TraceSettings {
  bool timestamps = false;     // trace_level: TIMESTAMPS, or OFF
  uint64_t rate = 1000;        // trace_rate: one in so many of those without a traceparent
  int64_t count = -1;          // trace_count: so many more, then none; -1: no bound
  uint64_t log_frequency = 0;  // kept and shown; nothing is written to a file here
};

// A request that was answered, as a trace tells it: a server span, and below it queue, batch (joining inputs), compute
// and serialise.
struct RequestTrace {
  TraceContext context;  // as it came; may be empty or wrong
  ModelId model;
  std::string_view protocol;  // "http", "grpc"
  std::string_view request_id;
  StatusCode status = StatusCode::kOk;
  Stages stages;
  TimePoint done;  // the answer is written
};

// Sends spans of requests to an OpenTelemetry collector over OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/),
// from a thread of its own. A request whose traceparent says "sampled" is traced if tracing is on at all, one whose
// traceparent says that it is not never is; the others by rate.
//
// A collector that is slow or away costs nothing but spans: what waits is bounded, the rest is dropped and counted.
//
// Thread-safe.
class Tracer {
 public:
  struct Options {
    std::optional<client::Url> endpoint;  // http://127.0.0.1:4318; without a path it gets "/v1/traces"; none: off
    std::string service_name = "trireme";
    TraceSettings settings;
    size_t max_waiting_spans = 8192;
  };

  // Both must outlive it.
  Tracer(Options options, metrics::Registry& registry, const Logger& log);
  ~Tracer();  // sends what waits, for a bounded time
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Whether anything could be traced at all: if not, nobody need call Record(). Cheap.
  bool on() const;

  // Called on any thread, for every request; never waits. Decides, and puts the spans into the line.
  void Record(const RequestTrace& trace);

  // Settings of the server, or of a model: those of the server where it has none of its own.
  TraceSettings settings(std::string_view model) const;
  // `model` empty: the server's. Nothing: the model has the server's again.
  void Change(const std::string& model, std::optional<TraceSettings> settings);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace trireme
