// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "tune/search.h"

namespace trireme::tune {

// Says how far a search is: a bar that stays where it is on a terminal, else a line each time. Not thread-safe.
class ProgressReporter {
 public:
  ProgressReporter(std::ostream& out, bool on_terminal) : out_(out), on_terminal_(on_terminal) {}
  ProgressReporter(const ProgressReporter&) = delete;
  ProgressReporter& operator=(const ProgressReporter&) = delete;
  ~ProgressReporter() { Clear(); }

  // A line that stays.
  void Say(std::string_view text);
  // What is being measured now.
  void Show(const SearchProgress& progress, std::string_view model, std::string_view candidate);
  // Takes the bar away.
  void Clear();

 private:
  std::ostream& out_;
  const bool on_terminal_;
  bool has_bar_ = false;
};

// "[#######             ] 35 %  rung 2 of 4, 7 of 20  about 3m left  batch 8, callers 2", cut to the columns.
std::string BarText(const SearchProgress& progress, std::string_view candidate, size_t columns);

// "45s", "3m", "1h 20m": as exactly as anybody wants to know.
std::string RoughTime(Duration time);

}  // namespace trireme::tune
