// SPDX-License-Identifier: Apache-2.0
#include "dialect/server_timing.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace trireme {
namespace {

// Microseconds as milliseconds with three decimals: "12.034".
void AppendEntry(std::string& text, std::string_view name, TimePoint begin, TimePoint end) {
  const int64_t us = std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(end - begin).count());
  if (!text.empty()) text += ", ";
  text += name;
  text += ";dur=";
  char digits[24];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, us / 1000).ptr);
  const char decimals[4] = {'.', static_cast<char>('0' + us / 100 % 10), static_cast<char>('0' + us / 10 % 10),
                            static_cast<char>('0' + us % 10)};
  text.append(decimals, sizeof decimals);
}

}  // namespace

std::string ServerTiming(const Status& status, const Stages& stages, TimePoint encoded) {
  std::string text;
  if (stages.answered == TimePoint()) return text;
  text.reserve(128);
  if (stages.queued == TimePoint()) {
    if (!status.ok()) return text;
    AppendEntry(text, "cache", stages.received, stages.answered);
    AppendEntry(text, "encode", stages.answered, encoded);
    return text;
  }
  const bool was_loaded = stages.awaited != TimePoint();
  AppendEntry(text, "decode", stages.received, was_loaded ? stages.awaited : stages.queued);
  if (was_loaded) AppendEntry(text, "load", stages.awaited, stages.queued);
  if (stages.run_end == TimePoint()) {
    AppendEntry(text, "queue", stages.queued, stages.answered);
    return text;
  }
  AppendEntry(text, "queue", stages.queued, stages.taken);
  AppendEntry(text, "input", stages.taken, stages.run_begin);
  AppendEntry(text, "compute", stages.run_begin, stages.run_end);
  AppendEntry(text, "output", stages.run_end, stages.answered);
  AppendEntry(text, "encode", stages.answered, encoded);
  return text;
}

void AddServerTiming(net::HttpResponse& response, std::string timing) {
  if (!timing.empty()) response.headers.emplace_back("Server-Timing", std::move(timing));
}

void AddServerTiming(net::GrpcStatus& status, std::string timing) {
  if (!timing.empty()) status.metadata.emplace_back("server-timing", std::move(timing));
}

void FinishWithTiming(net::GrpcReply& reply, net::GrpcPayload message, std::string timing) {
  if (timing.empty()) return reply.Finish(std::move(message));
  net::GrpcStatus status;
  AddServerTiming(status, std::move(timing));
  reply.Send(std::move(message));
  reply.Finish(std::move(status));
}

}  // namespace trireme
