// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace trireme::bench {

// A stretch of a load that changes: so many users, each of whom sends a request once the last was answered.
struct Stage {
  int users = 0;
  Duration length{0};     // from its beginning, spawning included
  double per_second = 0;  // users that come, or go, in a second; 0: all at once

  bool operator==(const Stage&) const = default;
};

inline constexpr int kMaxUsers = 10'000;
inline constexpr size_t kMaxStages = 1'000;

// Reads "10@30s:5/s,20@1m": users, length, and users that come in a second (all at once without). Errors say at which
// character what was expected.
Result<std::vector<Stage>> ParseStages(std::string_view text);

// As it is written: "10@30s:5/s".
std::string ToText(const Stage& stage);

Duration TotalLength(std::span<const Stage> stages);
int MostUsers(std::span<const Stage> stages);

// Users at a time since the first stage began. A stage begins with those whom the one before had reached, which may be
// fewer than it asked for; the first with none.
int UsersAt(std::span<const Stage> stages, Duration since_start);

}  // namespace trireme::bench
