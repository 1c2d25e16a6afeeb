// SPDX-License-Identifier: Apache-2.0
#include "tracing/span.h"

#include <string_view>

#include "base/utf8.h"
#include "base/version.h"
#include "codec/proto_wire.h"

namespace trireme {
namespace {

// SpanKind and StatusCode of trace.proto.
constexpr uint64_t kInternal = 1;
constexpr uint64_t kServer = 2;
constexpr uint64_t kError = 2;

template <typename Id>
std::string_view Bytes(const Id& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

std::string KeyValue(std::string_view key, const std::variant<std::string, int64_t>& value) {
  std::string any;
  if (const auto* text = std::get_if<std::string>(&value)) {
    ProtoWriter(any).Bytes(1, *text);  // AnyValue.string_value
  } else {
    ProtoWriter(any).Varint(3, static_cast<uint64_t>(std::get<int64_t>(value)));  // int_value
  }
  std::string pair;
  ProtoWriter writer(pair);
  writer.Bytes(1, key);
  writer.Bytes(2, any);
  return pair;
}

std::string EncodeSpan(const Span& span) {
  std::string out;
  ProtoWriter writer(out);
  writer.Bytes(1, Bytes(span.trace_id));
  writer.Bytes(2, Bytes(span.span_id));
  if (!span.trace_state.empty()) writer.Bytes(3, span.trace_state);
  if (span.parent) writer.Bytes(4, Bytes(*span.parent));
  writer.Bytes(5, span.name);
  writer.Varint(6, span.server ? kServer : kInternal);
  writer.Fixed64(7, span.begin_unix_ns);
  writer.Fixed64(8, span.end_unix_ns);
  for (const auto& [key, value] : span.attributes) writer.Bytes(9, KeyValue(key, value));
  if (!span.error.empty()) {
    std::string status;
    ProtoWriter status_writer(status);
    status_writer.Bytes(2, span.error);
    status_writer.Varint(3, kError);
    writer.Bytes(15, status);
  }
  return out;
}

}  // namespace

std::string EncodeSpans(std::span<const Span> spans, const std::string& service_name) {
  std::string resource;
  ProtoWriter(resource).Bytes(1, KeyValue("service.name", service_name));
  ProtoWriter(resource).Bytes(1, KeyValue("service.version", std::string(kVersion)));
  std::string scope;
  ProtoWriter(scope).Bytes(1, "trireme");
  std::string scope_spans;
  ProtoWriter scope_writer(scope_spans);
  scope_writer.Bytes(1, scope);
  for (const Span& span : spans) scope_writer.Bytes(2, EncodeSpan(span));
  std::string resource_spans;
  ProtoWriter resource_writer(resource_spans);
  resource_writer.Bytes(1, resource);
  resource_writer.Bytes(2, scope_spans);
  std::string request;
  ProtoWriter(request).Bytes(1, resource_spans);
  return request;
}

}  // namespace trireme
