// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "tracing/span.h"
#include "tracing/trace_parent.h"
#include "tracing/tracer.h"

namespace trireme {

// The spans of a request: itself, and those of its stages that it has been through. `ids` gives random numbers, 64 bits
// each; `unix_offset_ns` is what makes a TimePoint's nanoseconds those since 1970.
std::vector<Span> SpansOf(const RequestTrace& trace, const std::optional<TraceParent>& parent,
                          const std::function<uint64_t()>& ids, int64_t unix_offset_ns);

}  // namespace trireme
