// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tracing/trace_parent.h"

namespace trireme {

// A stretch of time in the course of a request, as OpenTelemetry knows it.
struct Span {
  TraceId trace_id = {};
  SpanId span_id = {};
  std::optional<SpanId> parent;
  std::string trace_state;  // W3C tracestate, as it came
  std::string name;
  bool server = false;  // the whole request; else a part of it
  uint64_t begin_unix_ns = 0;
  uint64_t end_unix_ns = 0;
  std::vector<std::pair<std::string, std::variant<std::string, int64_t>>> attributes;
  std::string error;  // empty: it went well
};

// An ExportTraceServiceRequest of OTLP 1.0 in protobuf (opentelemetry-proto, trace/v1/trace.proto).
std::string EncodeSpans(std::span<const Span> spans, const std::string& service_name);

}  // namespace trireme
