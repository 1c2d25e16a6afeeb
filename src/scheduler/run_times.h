// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace trireme {

// How the processors work on one run.
enum class Arrangement : uint8_t {
  kNarrow,  // a run has the threads of its instance, as a rule one: several run at the same time (throughput)
  kWide,    // a run has all processors (latency)
};

// What the length of a run depends on.
struct RunSize {
  int64_t rows = 1;  // 1 or more
  size_t bytes = 0;  // of all inputs
  Arrangement arrangement = Arrangement::kNarrow;
};

// How long runs of a model take, by arrangement, rows and bytes a row: the latter by powers of two, since what a model
// with free dimensions costs follows from the size of its input, in a way only the model knows.
//
// Estimates settle near the median, because on a shared machine some runs are interrupted for longer than they take,
// and beside it near what nine runs in ten keep to. Between numbers of rows that were seen it interpolates; beyond them
// a row is taken to cost what it costs in the largest batch seen.
//
// Not thread-safe: guarded by the lock of the line that owns it.
class RunTimes {
 public:
  static constexpr int64_t kEachRows = 32;  // up to here each number of rows has an estimate; above, powers of two

  struct Estimate {
    Duration typical{0};
    Duration most{0};     // that nine runs in ten take; `typical` or more
    uint64_t served = 0;  // runs of requests among them; of what lies between two sizes the fewer of theirs
  };

  void Record(const RunSize& size, Duration took) { Note(size, took, 1); }

  // A run on made-up values, before any request.
  void Learn(const RunSize& size, Duration took) { Note(size, took, 0); }

  // Nothing until runs of about these bytes a row were seen in this arrangement.
  std::optional<Estimate> Expected(const RunSize& size) const;

  // What was seen, for people: in the order of arrangement, bytes and rows.
  struct Seen {
    RunSize size;  // the bytes are of the whole run, to the power of two
    Estimate estimate;
    uint64_t runs = 0;
  };
  std::vector<Seen> All() const;

 private:
  struct Cell {
    Duration typical{0};  // 0: never seen
    double spread = 1;    // what nine runs in ten take, by the typical time: 1 or more
    uint64_t runs = 0;
    uint64_t served = 0;   // of them
    int same_way = 0;      // runs in a row that were longer (above 0) or shorter
    bool was_far = false;  // the last one took more than twice what nine in ten take

    Duration most() const { return std::chrono::duration_cast<Duration>(typical * spread); }
  };
  static constexpr size_t kCells = 32 + 16;  // the last one has all rows above

  // Of one arrangement and one size of rows.
  struct Curve {
    Arrangement arrangement = Arrangement::kNarrow;
    unsigned row_bits = 0;  // of the bytes of a row
    std::array<Cell, kCells> cells;
  };

  void Note(const RunSize& size, Duration took, uint64_t served);
  static size_t CellOf(int64_t rows);
  static int64_t RowsOf(size_t cell);
  static Estimate At(const Curve& curve, int64_t rows);
  size_t PlaceOf(const RunSize& size) const;  // of its curve; as many as there are: it has none
  Curve& Make(const RunSize& size);

  std::vector<Curve> curves_;  // one as a rule, and never more than there are powers of two
};

}  // namespace trireme
