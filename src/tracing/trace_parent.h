// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trireme {

using TraceId = std::array<uint8_t, 16>;
using SpanId = std::array<uint8_t, 8>;

// What a "traceparent" header says: the span in whose course this request was sent.
struct TraceParent {
  TraceId trace_id = {};
  SpanId span_id = {};
  bool sampled = false;

  bool operator==(const TraceParent&) const = default;
};

// Reads one (https://www.w3.org/TR/trace-context/#traceparent-header). Nothing if it is not well-formed or says that it
// is of no trace: then a request begins a trace of its own.
std::optional<TraceParent> ParseTraceParent(std::string_view header);

}  // namespace trireme
