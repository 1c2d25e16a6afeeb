// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "net/listener.h"

namespace trireme::net {

// When an HTTP/2 connection must do something of its own accord, and what. Its connection says what happens, and asks
// when the time next() has come. Pure: time is an argument. Not thread-safe.
//
//   serving -> noticed (GOAWAY that names no last stream, and a ping)
//           -> drained (GOAWAY that names the last stream: nothing that the client had sent by then is lost)
class Http2Lifetime {
 public:
  enum class Action {
    kNone,
    kTooSlow,      // the preface, or a head that was begun, did not come in time
    kPing,         // silence: ask whether the client is there
    kDrain,        // idle for too long, or too old
    kFinishDrain,  // the client has had time to see the notice
    kCutOff,       // it does not answer pings, or its streams do not end
  };

  // `jitter`, from -1 to 1, moves the greatest age by up to a tenth, so that connections that began together do not end
  // together.
  Http2Lifetime(const HttpLimits& limits, const Http2Limits& http2, TimePoint now, double jitter);

  void OnBytes(TimePoint now);
  void OnPreface() { awaited_since_ = kNever; }  // the client's first SETTINGS have come
  void OnHeadBegins(TimePoint now) { awaited_since_ = now; }
  void OnHeadEnds() { awaited_since_ = kNever; }
  void OnStreamOpens() { ++streams_; }
  void OnStreamEnds(TimePoint now);
  void OnPinged(TimePoint now) { pinged_ = now; }
  void OnNoticed(TimePoint now);
  void OnDrained(TimePoint now);

  size_t streams() const { return streams_; }
  bool draining() const { return phase_ != Phase::kServing; }  // or drained
  bool drained() const { return phase_ == Phase::kDrained; }

  // The first moment at which Due() may say something else than kNone.
  TimePoint next() const;
  Action Due(TimePoint now) const;

 private:
  enum class Phase { kServing, kNoticed, kDrained };

  TimePoint slow_at() const { return After(awaited_since_, limits_.head_timeout); }
  TimePoint idle_at() const { return streams_ > 0 ? kNever : After(idle_since_, limits_.idle_timeout); }
  TimePoint ping_at() const { return pinged_ == kNever ? After(heard_, http2_.keepalive_time) : kNever; }
  TimePoint unanswered_at() const { return After(pinged_, http2_.keepalive_timeout); }
  TimePoint grace_ends_at() const;
  void BeginDraining(Phase phase, TimePoint now);
  static TimePoint After(TimePoint since, Duration time) { return since == kNever ? kNever : since + time; }

  const HttpLimits& limits_;
  const Http2Limits& http2_;
  Phase phase_ = Phase::kServing;
  TimePoint old_at_ = kNever;
  TimePoint awaited_since_;  // the preface, or the rest of a head; kNever: neither
  TimePoint heard_;
  TimePoint pinged_ = kNever;
  TimePoint idle_since_;
  TimePoint noticed_ = kNever;
  TimePoint retired_ = kNever;  // when it began to drain for its age
  size_t streams_ = 0;
};

}  // namespace trireme::net
