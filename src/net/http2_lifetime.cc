// SPDX-License-Identifier: Apache-2.0
#include "net/http2_lifetime.h"

#include <algorithm>

namespace trireme::net {
namespace {

// For the notice to reach the client, and what it had sent before to arrive, if it does not answer the ping.
constexpr std::chrono::seconds kNoticeTime{1};

}  // namespace

Http2Lifetime::Http2Lifetime(const HttpLimits& limits, const Http2Limits& http2, TimePoint now, double jitter)
    : limits_(limits), http2_(http2), awaited_since_(now), heard_(now), idle_since_(now) {
  if (http2.max_connection_age.count() == 0) return;
  const auto age = std::chrono::duration<double, std::milli>(http2.max_connection_age) * (1 + jitter / 10);
  old_at_ = now + std::chrono::duration_cast<Duration>(age);
}

void Http2Lifetime::OnBytes(TimePoint now) {
  heard_ = now;
  pinged_ = kNever;
}

void Http2Lifetime::OnStreamEnds(TimePoint now) {
  if (--streams_ == 0) idle_since_ = now;
}

void Http2Lifetime::OnNoticed(TimePoint now) {
  noticed_ = now;
  BeginDraining(Phase::kNoticed, now);
}

void Http2Lifetime::OnDrained(TimePoint now) {
  BeginDraining(Phase::kDrained, now);
}

void Http2Lifetime::BeginDraining(Phase phase, TimePoint now) {
  if (phase_ == Phase::kServing && now >= old_at_) retired_ = now;
  phase_ = phase;
}

TimePoint Http2Lifetime::grace_ends_at() const {
  const bool bounded = http2_.max_connection_age_grace.count() > 0;
  return bounded ? After(retired_, http2_.max_connection_age_grace) : kNever;
}

TimePoint Http2Lifetime::next() const {
  TimePoint next = std::min({slow_at(), ping_at(), unanswered_at()});
  if (phase_ == Phase::kServing) return std::min({next, idle_at(), old_at_});
  if (phase_ == Phase::kNoticed) next = std::min(next, noticed_ + kNoticeTime);
  return std::min(next, grace_ends_at());
}

Http2Lifetime::Action Http2Lifetime::Due(TimePoint now) const {
  if (now >= unanswered_at() || now >= grace_ends_at()) return Action::kCutOff;
  if (now >= slow_at()) return Action::kTooSlow;
  if (phase_ == Phase::kServing && (now >= idle_at() || now >= old_at_)) return Action::kDrain;
  if (phase_ == Phase::kNoticed && now >= noticed_ + kNoticeTime) return Action::kFinishDrain;
  return now >= ping_at() ? Action::kPing : Action::kNone;
}

}  // namespace trireme::net
