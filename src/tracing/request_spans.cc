// SPDX-License-Identifier: Apache-2.0
#include "tracing/request_spans.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace trireme {
namespace {

constexpr size_t kMaxIdBytes = 256;     // of a client's text in a span
constexpr size_t kMaxStateBytes = 512;  // of tracestate, as its specification wants it handed on

template <typename Id>
Id MakeId(const std::function<uint64_t()>& ids) {
  Id id;
  for (size_t at = 0; at < id.size(); at += sizeof(uint64_t)) {
    const uint64_t number = std::max<uint64_t>(ids(), 1);  // all zeros is none
    std::memcpy(id.data() + at, &number, sizeof(number));
  }
  return id;
}

// A collector refuses everything that comes with text that is not UTF-8.
bool FitsSpan(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes && IsUtf8(text);
}

bool IsTraceState(std::string_view text) {
  return text.size() <= kMaxStateBytes && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::vector<Span> SpansOf(const RequestTrace& trace, const std::optional<TraceParent>& parent,
                          const std::function<uint64_t()>& ids, int64_t unix_offset_ns) {
  const auto unix_ns = [&](TimePoint time) {
    return static_cast<uint64_t>(time.time_since_epoch().count() + unix_offset_ns);
  };
  const Stages& stages = trace.stages;
  Span request{.trace_id = parent ? parent->trace_id : MakeId<TraceId>(ids),
               .span_id = MakeId<SpanId>(ids),
               .parent = parent ? std::optional(parent->span_id) : std::nullopt,
               .trace_state = parent && IsTraceState(trace.context.tracestate) ? trace.context.tracestate : "",
               .name = "infer " + trace.model.name,
               .server = true,
               .begin_unix_ns = unix_ns(stages.received),
               .end_unix_ns = unix_ns(std::max(trace.done, stages.received)),
               .attributes = {},
               .error = trace.status == StatusCode::kOk ? "" : std::string(Name(trace.status))};
  if (!FitsSpan(trace.model.name)) request.name = "infer";
  const auto describe = [&](const char* key, std::string_view text) {
    if (FitsSpan(text)) request.attributes.emplace_back(key, std::string(text));
  };
  describe("trireme.model", trace.model.name);
  if (trace.model.version > 0) request.attributes.emplace_back("trireme.model_version", trace.model.version);
  describe("trireme.request_id", trace.request_id);
  describe("network.protocol.name", trace.protocol);
  if (stages.batch_rows > 0) request.attributes.emplace_back("trireme.batch_rows", stages.batch_rows);

  std::vector<Span> spans = {std::move(request)};
  const auto add = [&](const char* name, TimePoint begin, TimePoint end) {
    if (begin == TimePoint() || end < begin) return;  // it did not come so far
    spans.push_back({.trace_id = spans[0].trace_id,
                     .span_id = MakeId<SpanId>(ids),
                     .parent = spans[0].span_id,
                     .trace_state = spans[0].trace_state,
                     .name = name,
                     .begin_unix_ns = unix_ns(begin),
                     .end_unix_ns = unix_ns(end),
                     .attributes = {},
                     .error = {}});
  };
  const bool was_loaded = stages.awaited != TimePoint();
  add("decode", stages.received, was_loaded ? stages.awaited : stages.queued);
  if (was_loaded) add("load", stages.awaited, stages.queued);
  add("queue", stages.queued, stages.taken);
  add("batch", stages.taken, stages.run_begin);
  add("compute", stages.run_begin, stages.run_end);
  add("serialise", stages.answered, trace.done);
  return spans;
}

}  // namespace trireme
