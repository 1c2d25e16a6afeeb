// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "net/listener.h"

namespace trireme::net {

// How many events there were in the last minute, give or take the five seconds that the oldest of them share: nobody
// who keeps to a limit in every minute is found over it. Pure: time is an argument that does not fall.
class MinuteCount {
 public:
  // One more event; how many there are with it.
  uint32_t Add(TimePoint now);

 private:
  static constexpr std::chrono::seconds kSlot{5};
  static constexpr size_t kSlots = 12;

  std::array<uint32_t, kSlots> slots_{};
  int64_t newest_ = 0;  // number of the slot that the last event fell into
  uint32_t sum_ = 0;
};

// What a client makes a server do without asking it for anything, held against Http2Limits. RFC 9113 section 10.5.
//
//   rapid reset     requests that are started and taken back, or broken by the client's own mistakes
//   floods          of PING, SETTINGS, and of frames that say nothing
//
// Pings and window updates are part of honest work: each answer earns a ping; each request, and each 4 KiB that were
// sent, earn two window updates (of the stream, and of the connection), and each DATA frame two more, for gRPC's C core
// takes a frame in two bites, the prefix and the message, when streams share a connection. Only what goes beyond
// counts.
//
// Pure: time is an argument. Not thread-safe.
class Http2Abuse {
 public:
  enum class Kind { kReset, kPing, kSettings, kEmptyFrame, kWindowUpdate };

  explicit Http2Abuse(const Http2Limits& limits) : limits_(limits) {}

  // One more of this kind; false if that is too many.
  bool Allow(Kind kind, TimePoint now);

  void OnRequest() { EarnWindowUpdates(1); }
  void OnDataSent(size_t bytes) { EarnWindowUpdates(2 + bytes / 4096); }
  void OnAnswered() { pings_earned_ = std::min(pings_earned_ + 1, kMostEarned); }

  // What a client over the limit is told: names the limit.
  static std::string Complaint(Kind kind, const Http2Limits& limits);

 private:
  static constexpr uint32_t kMostEarned = 10'000;

  void EarnWindowUpdates(size_t pairs) {
    window_updates_earned_ = static_cast<uint32_t>(std::min<size_t>(window_updates_earned_ + 2 * pairs, kMostEarned));
  }

  const Http2Limits& limits_;
  MinuteCount resets_;
  MinuteCount pings_;
  MinuteCount settings_;
  MinuteCount empty_frames_;
  uint32_t pings_earned_ = 0;
  uint32_t window_updates_earned_ = 0;
};

}  // namespace trireme::net
