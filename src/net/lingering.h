// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace trireme::net {

// How long a connection that has said its last reads on and drops what comes, so that the peer gets to see why: closing
// at once would destroy the last words on their way (RFC 9112 section 9.6). Pure: time is an argument.
class Lingering {
 public:
  void Begin(TimePoint now) { began_ = heard_ = now; }

  // So many bytes were dropped; false: that was enough of them.
  bool OnBytes(uint64_t bytes, TimePoint now) {
    heard_ = now;
    bytes_ += bytes;
    return bytes_ <= kMostBytes;
  }

  // When it has lasted long enough if nothing more comes.
  TimePoint deadline() const { return std::min(began_ + kLongest, heard_ + kLongestSilence); }

 private:
  static constexpr uint64_t kMostBytes = uint64_t{512} << 20;
  static constexpr std::chrono::seconds kLongest{30};
  static constexpr std::chrono::seconds kLongestSilence{2};

  TimePoint began_;
  TimePoint heard_;
  uint64_t bytes_ = 0;
};

}  // namespace trireme::net
