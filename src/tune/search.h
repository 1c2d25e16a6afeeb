// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "model/service_goal.h"
#include "tune/halving.h"
#include "tune/statistics.h"
#include "tune/visit.h"

namespace trireme::tune {

// How candidates are searched.
struct SearchRules {
  std::optional<ServiceGoal> goal;
  bool whole_grid = false;  // all of them in one rung, of `rounds` with windows of `window`; else successive halving
  int rounds = 3;
  Duration window{0};
  Duration budget{0};  // of halving
  uint64_t seed = 1;   // of the orders in which they are measured, and of who is measured if there is no time for all
};

// What is to be measured next.
struct VisitOrder {
  int rung = 0;  // -1: the first look, before anything is planned
  int round = 0;
  size_t candidate = 0;
  Duration window{0};
  bool is_last = false;  // of the last rung: as carefully as can be
  int best_before = 0;   // users with whom it was best before; 0: not known
};

// For whoever watches.
struct SearchProgress {
  size_t visits_done = 0;     // in this rung
  size_t visits_planned = 0;  // the same
  int rung = 0;
  int rungs = 1;  // as many as it is going to be
  Duration time_spent{0};
  Duration time_left{0};  // if all goes as it has so far
};

// What became of a candidate.
struct Fate {
  enum class Kind : uint8_t {
    kFinalist,
    kWorse,   // than the best of its rung, by more than chance explains
    kUntold,  // not told apart from the best of its rung, and left for want of time
    kFailed,
    kLeftOut,  // not measured for want of time
    kRefused,  // not to be measured at all
  };
  Kind kind = Kind::kLeftOut;
  int rung = 0;         // the last that it was in
  std::string failure;  // kFailed

  bool operator==(const Fate&) const = default;
};

struct SearchResult {
  std::vector<Fate> fates;          // of each candidate
  std::vector<Standing> standings;  // of each that was measured, the best first, by its last rung
  Noise noise;                      // of the last rung
  int rungs = 0;                    // that were begun
  bool time_was_up = false;         // before the search came to its end
};

// Who carries a search out.
class SearchHost {
 public:
  virtual ~SearchHost() = default;
  // Measures a candidate. What is wrong with the candidate is in the visit; a Status ends the search.
  virtual Result<Visit> Measure(const VisitOrder& order) = 0;
  virtual void OnProgress(const SearchProgress& /*progress*/, const VisitOrder& /*next*/) {}
};

// Searches among candidates 0 to `candidates` - 1, but for those that are `refused`; the first that is not gets the
// first look. `done` are the visits of a search that was interrupted, in their order: they are taken as measured as
// long as they are those that this search would make next. Every decision follows from the visits alone, so a search
// that goes on ends as one that was never interrupted.
Result<SearchResult> RunSearch(size_t candidates, const std::vector<bool>& refused, const SearchRules& rules,
                               const std::vector<Visit>& done, SearchHost& host);

}  // namespace trireme::tune
