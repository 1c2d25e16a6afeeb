// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tune/candidate.h"

namespace trireme::tune {

// The values that are tried of each setting. A list without any has not been said.
struct Space {
  std::vector<int64_t> batch;
  std::vector<int> callers;
  std::vector<int> threads;
  std::vector<std::chrono::microseconds> delay;
  std::vector<std::string> device;
  std::vector<Precision> precision;

  bool operator==(const Space&) const = default;
};

inline constexpr size_t kMostCandidates = 10'000;

// Reads "batch=1..32,callers=1,2,4,device=cpu,cuda:0": values with commas between them behind the name of each setting.
// A range doubles from its first value and ends with its last ("1..6" is 1, 2, 4, 6), or goes in steps ("1..4+1" is 1,
// 2, 3, 4). kInvalidArgument says at which character, and what was expected and found: an unknown setting, one that
// comes twice, a value out of range or twice, a range that falls, more values than anybody would wait for.
Result<Space> ParseSpace(std::string_view text);

// As it is written, without ranges.
std::string ToText(const Space& space);

// What is tried where nothing was said: batches of 1 to 32 rows, and callers and threads up to the processors.
Space UsualSpace(int processors);

// `said`, and what `other` has where it says nothing.
Space FilledFrom(Space said, const Space& other);

// What of a model its own config file decides, and flags do not change.
struct Decided {
  bool batch = false;
  bool callers = false;
  bool threads = false;
  bool delay = false;
  bool device = false;

  bool operator==(const Decided&) const = default;
};

// Every combination of the space's values (the server's own choice of what it has none of), the server's own choice of
// everything for each device and precision, and nothing twice. With `processors` only those whose callers and threads
// keep no more than these busy; 0: all. kTooLarge: more than kMostCandidates.
Result<std::vector<Candidate>> CandidatesIn(const Space& space, const Decided& decided, int processors);

}  // namespace trireme::tune
