// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace trireme::predict {

// How far a run is.
struct Progress {
  int64_t rows = 0;             // scored, by runs before this one too
  int64_t rows_before = 0;      // by those
  Duration time{0};             // of this one
  std::optional<double> share;  // of the source that has been read, 0 to 1
  double share_before = 0;      // by runs before this one
};

// "[######              ] 30 %  1,234,567 rows  356,000 rows/s  about 3m left", cut to the columns.
std::string BarText(const Progress& progress, size_t columns);

// "1,234,567"
std::string Grouped(int64_t number);

// "45s", "3m", "1h 20m": as exactly as anybody wants to know.
std::string RoughTime(Duration time);

// Says it now and then: a bar that stays where it is on a terminal, else a line. Not thread-safe.
class ProgressReporter {
 public:
  ProgressReporter(std::ostream& out, bool on_terminal) : out_(out), on_terminal_(on_terminal) {}
  ProgressReporter(const ProgressReporter&) = delete;
  ProgressReporter& operator=(const ProgressReporter&) = delete;
  ~ProgressReporter() { Clear(); }

  // A line that stays.
  void Say(std::string_view text);
  // Passed over if the last was shown shortly before.
  void Show(const Progress& progress);
  // Takes the bar away.
  void Clear();

 private:
  std::ostream& out_;
  const bool on_terminal_;
  bool has_bar_ = false;
  Duration shown_{0};
};

}  // namespace trireme::predict
