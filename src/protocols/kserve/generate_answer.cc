// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/generate_answer.h"

#include <utility>

#include "base/clock.h"
#include "dialect/http_answer.h"
#include "dialect/server_timing.h"
#include "protocols/kserve/error_answer.h"
#include "wire/kserve/metadata.h"

namespace trireme::kserve {
namespace {

// In Triton's words.
constexpr const char* kNotOne =
    "generate expects model to produce exactly 1 response, use generate stream for model that generates various number "
    "of responses";

void AppendEvent(std::string& events, std::string_view json) {
  events.append("data: ").append(json).append("\n\n");
}

}  // namespace

bool OneAnswer::Take(Result<std::string> response) {
  if (++count_ > 1) return false;
  first_.emplace(std::move(response));
  return true;
}

void OneAnswer::End(const Status& status, const Stages& stages) {
  net::HttpResponse answer = Answer(status);
  if (services_.tells_timing) AddServerTiming(answer, ServerTiming(status, stages, Clock::System().Now()));
  SendCompressed(services_, std::move(reply_), std::move(answer), coding_);
}

net::HttpResponse OneAnswer::Answer(const Status& status) {
  if (count_ > 1 || (count_ == 0 && status.ok())) return ErrorResponse(InvalidArgument(kNotOne));
  if (!status.ok()) return ErrorResponse(status);
  if (!first_->ok()) return ErrorResponse(first_->status());
  return JsonAnswer(*std::move(*first_));
}

bool EventAnswer::Take(Result<std::string> response) {
  if (!failed_.ok()) return false;
  if (!response.ok() && !begun_ && events_.empty()) {
    failed_ = response.status();
    return false;
  }
  AppendEvent(events_, response.ok() ? *response : EncodeError(response.status().message()));
  return true;
}

void EventAnswer::Flush() {
  if (events_.empty()) return;
  Begin();
  reply_.Write(std::exchange(events_, {}));
}

// Its head has gone out long ago.
void EventAnswer::End(const Status& status, const Stages& /*stages*/) {
  const Status& refusal = failed_.ok() ? status : failed_;
  if (!refusal.ok() && !begun_ && events_.empty()) return reply_.Send(ErrorResponse(refusal));
  if (!status.ok()) AppendEvent(events_, EncodeError(status.message()));
  Flush();
  Begin();
  reply_.End();
}

void EventAnswer::Begin() {
  if (std::exchange(begun_, true)) return;
  net::HttpResponse head;
  head.headers.emplace_back("Content-Type", "text/event-stream; charset=utf-8");
  head.headers.emplace_back("Cache-Control", "no-cache");
  reply_.Begin(std::move(head));
}

}  // namespace trireme::kserve
