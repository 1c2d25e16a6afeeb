// SPDX-License-Identifier: Apache-2.0
#include "net/http2_abuse.h"

#include <utility>

namespace trireme::net {
namespace {

bool Spend(uint32_t& earned) {
  if (earned == 0) return false;
  --earned;
  return true;
}

std::string Text(std::string_view what, uint32_t most, std::string_view name) {
  std::string text(what);
  text += ": expected at most ";
  text += std::to_string(most);
  text += " a minute (";
  text += name;
  text += "), got more";
  return text;
}

}  // namespace

uint32_t MinuteCount::Add(TimePoint now) {
  const int64_t slot = now.time_since_epoch() / kSlot;
  const int64_t passed = slot - newest_;
  // What has not been looked at for a minute or more is all old.
  for (int64_t i = 1; i <= std::min<int64_t>(passed, kSlots); ++i) {
    sum_ -= std::exchange(slots_[static_cast<size_t>((newest_ + i) % static_cast<int64_t>(kSlots))], 0);
  }
  newest_ = slot;
  ++slots_[static_cast<size_t>(slot % static_cast<int64_t>(kSlots))];
  return ++sum_;
}

bool Http2Abuse::Allow(Kind kind, TimePoint now) {
  switch (kind) {
    case Kind::kReset:
      return resets_.Add(now) <= limits_.max_resets;
    case Kind::kPing:
      return Spend(pings_earned_) || pings_.Add(now) <= limits_.max_pings;
    case Kind::kSettings:
      return settings_.Add(now) <= limits_.max_settings;
    case Kind::kWindowUpdate:
      return Spend(window_updates_earned_) || empty_frames_.Add(now) <= limits_.max_empty_frames;
    case Kind::kEmptyFrame:
      return empty_frames_.Add(now) <= limits_.max_empty_frames;
  }
  return false;
}

std::string Http2Abuse::Complaint(Kind kind, const Http2Limits& limits) {
  switch (kind) {
    case Kind::kReset:
      return Text("streams reset before their answer", limits.max_resets, "max_resets");
    case Kind::kPing:
      return Text("pings", limits.max_pings, "max_pings");
    case Kind::kSettings:
      return Text("SETTINGS frames", limits.max_settings, "max_settings");
    case Kind::kEmptyFrame:
    case Kind::kWindowUpdate:
      break;
  }
  return Text("frames that say nothing", limits.max_empty_frames, "max_empty_frames");
}

}  // namespace trireme::net
