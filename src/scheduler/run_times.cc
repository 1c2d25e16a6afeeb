// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run_times.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace trireme {
namespace {

unsigned RowBits(const RunSize& size) {
  return static_cast<unsigned>(std::bit_width(size.bytes / static_cast<size_t>(std::max<int64_t>(size.rows, 1))));
}

Duration Scaled(Duration time, int64_t rows, int64_t of) {
  return std::chrono::duration_cast<Duration>(time * (static_cast<double>(rows) / static_cast<double>(of)));
}

// `share` of the way from a to b.
Duration Between(Duration a, Duration b, double share) {
  return a + std::chrono::duration_cast<Duration>((b - a) * share);
}

// An estimate goes towards a run by an eighth of itself at most while little is known, or when several runs in a row
// were longer, or shorter: a lasting change by a factor of ten shows within thirty runs. Else by a thirty-second:
// single runs that were interrupted count like any others that were a little too long.
constexpr uint64_t kFewRuns = 16;
constexpr int kLasting = 4;

constexpr double kSpreadStep = 1.0 / 64;

Duration Towards(Duration estimate, Duration took, bool quickly) {
  const Duration step = std::max(estimate / (quickly ? 8 : 32), Duration(1));
  return std::max(std::clamp(took, estimate - step, estimate + step), Duration(1));
}

}  // namespace

size_t RunTimes::CellOf(int64_t rows) {
  rows = std::max<int64_t>(rows, 1);
  if (rows <= kEachRows) return static_cast<size_t>(rows - 1);
  // 33 to 64 rows in the first cell of those, 65 to 128 in the second.
  const auto octave = static_cast<size_t>(std::bit_width(static_cast<uint64_t>(rows - 1))) - 6;
  return std::min(kEachRows + octave, kCells - 1);
}

int64_t RunTimes::RowsOf(size_t cell) {
  if (cell < kEachRows) return static_cast<int64_t>(cell) + 1;
  return kEachRows << (cell - kEachRows + 1);
}

size_t RunTimes::PlaceOf(const RunSize& size) const {
  const unsigned bits = RowBits(size);
  const auto found = std::ranges::find_if(
      curves_, [&](const Curve& curve) { return curve.arrangement == size.arrangement && curve.row_bits == bits; });
  return static_cast<size_t>(found - curves_.begin());
}

RunTimes::Curve& RunTimes::Make(const RunSize& size) {
  const size_t place = PlaceOf(size);
  if (place < curves_.size()) return curves_[place];
  return curves_.emplace_back(Curve{.arrangement = size.arrangement, .row_bits = RowBits(size), .cells = {}});
}

void RunTimes::Note(const RunSize& size, Duration took, uint64_t served) {
  took = std::max(took, Duration(1));
  const size_t place = CellOf(size.rows);
  Cell& cell = Make(size).cells[place];
  // A cell of many numbers of rows has the time of its largest.
  if (place >= kEachRows) took = std::max(Scaled(took, RowsOf(place), std::max<int64_t>(size.rows, 1)), Duration(1));
  ++cell.runs;
  cell.served += served;
  if (cell.typical == Duration(0)) {
    cell.typical = took;
    cell.spread = 1.125;
    return;
  }
  cell.same_way = took > cell.typical ? std::max(cell.same_way, 0) + 1 : std::min(cell.same_way, 0) - 1;
  // What interrupts a run never makes it shorter.
  const bool quickly = cell.runs < kFewRuns || std::abs(cell.same_way) >= kLasting || took < cell.typical / 2;
  cell.typical = Towards(cell.typical, took, quickly);
  // The quantile at which nine steps down are as many as one step up. As a share of the typical time, so that it goes
  // where that goes.
  const double ratio = static_cast<double>(took.count()) / static_cast<double>(cell.typical.count());
  cell.spread += ratio > cell.spread ? std::min(9 * kSpreadStep, ratio - cell.spread) : -kSpreadStep;
  // What takes much longer than usual, over and over, does so by a factor: small steps would never get there.
  const bool is_far = ratio > 2 * cell.spread;
  if (is_far && cell.was_far) cell.spread *= 1.25;
  cell.was_far = is_far;
  cell.spread = std::max(cell.spread, 1.0);
}

RunTimes::Estimate RunTimes::At(const Curve& curve, int64_t rows) {
  const size_t place = CellOf(rows);
  const Cell& own = curve.cells[place];
  if (own.runs > 0) {
    if (place < kEachRows) return {.typical = own.typical, .most = own.most(), .served = own.served};
    return {.typical = Scaled(own.typical, rows, RowsOf(place)),
            .most = Scaled(own.most(), rows, RowsOf(place)),
            .served = own.served};
  }
  size_t below = place;
  while (below > 0 && curve.cells[below - 1].runs == 0) --below;
  size_t above = place + 1;
  while (above < kCells && curve.cells[above].runs == 0) ++above;
  if (above == kCells) {  // nothing larger was seen; then something smaller was
    const Cell& last = curve.cells[below - 1];
    return {.typical = Scaled(last.typical, rows, RowsOf(below - 1)),
            .most = Scaled(last.most(), rows, RowsOf(below - 1)),
            .served = last.served};
  }
  const Cell& more = curve.cells[above];
  if (below == 0)
    return {.typical = more.typical, .most = more.most(), .served = more.served};  // fewer rows take no longer
  const Cell& less = curve.cells[below - 1];
  const auto from = static_cast<double>(RowsOf(below - 1));
  const double share = (static_cast<double>(rows) - from) / (static_cast<double>(RowsOf(above)) - from);
  return {.typical = Between(less.typical, more.typical, share),
          .most = Between(less.most(), more.most(), share),
          .served = std::min(less.served, more.served)};
}

std::optional<RunTimes::Estimate> RunTimes::Expected(const RunSize& size) const {
  const size_t place = PlaceOf(size);
  if (place == curves_.size()) return std::nullopt;
  return At(curves_[place], std::max<int64_t>(size.rows, 1));
}

std::vector<RunTimes::Seen> RunTimes::All() const {
  std::vector<Seen> all;
  for (const Curve& curve : curves_) {
    for (size_t i = 0; i < kCells; ++i) {
      const Cell& cell = curve.cells[i];
      if (cell.runs == 0) continue;
      const size_t row_bytes = curve.row_bits == 0 ? 0 : size_t{1} << (curve.row_bits - 1);
      all.push_back({.size = {.rows = RowsOf(i),
                              .bytes = row_bytes * static_cast<size_t>(RowsOf(i)),
                              .arrangement = curve.arrangement},
                     .estimate = {.typical = cell.typical, .most = cell.most()},
                     .runs = cell.runs});
    }
  }
  std::ranges::stable_sort(all, [](const Seen& a, const Seen& b) {
    if (a.size.arrangement != b.size.arrangement) return a.size.arrangement < b.size.arrangement;
    return a.size.bytes / static_cast<size_t>(a.size.rows) < b.size.bytes / static_cast<size_t>(b.size.rows);
  });
  return all;
}

}  // namespace trireme
