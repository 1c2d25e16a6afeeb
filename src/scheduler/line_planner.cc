// SPDX-License-Identifier: Apache-2.0
#include "scheduler/line_planner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

namespace trireme {
namespace {

// Of the last requests, how many company is averaged over.
constexpr double kCompanyMemory = 1.0 / 16;

// The size of batches is chosen anew after so many runs.
constexpr uint64_t kRunsPerChoice = 16;

// If nothing ran for so long, an estimate may be wrong that refuses everybody: one request is let in to see.
constexpr Duration kEstimateLife = std::chrono::seconds(1);

// Since the last refusal; a longer goal makes it longer.
constexpr Duration kPressureLasts = std::chrono::seconds(1);

// Longer than the rate of arrivals remembers.
constexpr Duration kGrownLasts = std::chrono::seconds(4);

// How often all processors are tried for a request that comes alone, whatever is known of that.
constexpr uint64_t kWideRunsToKnow = 8;
constexpr uint64_t kRunsPerLook = 512;
constexpr uint64_t kRunsOfLook = 4;
constexpr uint64_t kRunsOfNarrowLook = 2;  // of them may be late: less than half of what a goal of p99 allows
constexpr Duration kWideEstimateLife = std::chrono::seconds(2);
constexpr double kHardlyAny = 0.1;

// Of the p90 of prediction errors.
constexpr double kErrorStep = 0.001;

// To three digits, as a person reads it.
std::string InWords(Duration time) {
  const double us = std::max(0.0, std::chrono::duration<double, std::micro>(time).count());
  char text[32];
  if (us < 999.5) {
    std::snprintf(text, sizeof(text), "%.3g us", us);
  } else if (us < 999.5e3) {
    std::snprintf(text, sizeof(text), "%.3g ms", us / 1e3);
  } else {
    std::snprintf(text, sizeof(text), "%.4g s", us / 1e6);
  }
  return text;
}

// Of a run that begins when a delay ends: who waits for that wakes up a little later.
Duration WithSlack(Duration run) {
  return run + std::max<Duration>(run / 4, std::chrono::milliseconds(1));
}

size_t RowBytes(const InferRequest& request) {
  return request.bytes / static_cast<size_t>(std::max<int64_t>(request.rows, 1));
}

}  // namespace

LinePlanner::LinePlanner(Options options)
    : options_(std::move(options)),
      queue_(options_.rules),
      goal_(options_.goal),
      batch_rows_(options_.rules.max_rows) {}

void LinePlanner::Arrived(const InferRequest& request, double company, TimePoint now) {
  arrivals_.Count(static_cast<double>(request.rows), now);
  row_bytes_ = RowBytes(request);
  company_ += kCompanyMemory * (company - company_);
}

// Of the arrangement that is quicker; 0: nothing is known.
Duration LinePlanner::OneRun(int64_t rows, size_t bytes) const {
  const auto narrow = times_.Expected({.rows = rows, .bytes = bytes});
  if (!has_wide_) return narrow ? narrow->typical : Duration(0);
  const auto wide = times_.Expected({.rows = rows, .bytes = bytes, .arrangement = Arrangement::kWide});
  if (!narrow || !wide) return narrow ? narrow->typical : wide ? wide->typical : Duration(0);
  return std::min(narrow->typical, wide->typical);
}

void LinePlanner::Push(RequestPtr request) {
  row_bytes_ = RowBytes(*request);
  const Duration limit = goal_.has_goal() ? goal_.Limit(OneRun(request->rows, request->bytes)) : Duration(0);
  // Those that wait have company, and are run side by side.
  const auto run = times_.Expected({.rows = request->rows, .bytes = request->bytes});
  queue_.Push(std::move(request), limit, run ? run->typical : Duration(0));
}

// How long a run of those takes that wait. Where they run alone it is known of each, however unlike they are.
std::optional<Duration> LinePlanner::RunBefore(int64_t batch, size_t row_bytes) const {
  if (batch == 1 && queue_.mean_run() > Duration(0)) return queue_.mean_run();
  const auto full = times_.Expected({.rows = batch, .bytes = row_bytes * static_cast<size_t>(batch)});
  return full ? std::optional(full->typical) : std::nullopt;
}

LinePlanner::Expectation LinePlanner::Expect(const InferRequest& request, const Processors::View& processors,
                                             TimePoint now) const {
  Expectation expectation;
  const int64_t rows = request.rows;
  const Arrangement arrangement = has_wide_ ? arrangement_ : Arrangement::kNarrow;
  const size_t row_bytes = RowBytes(request);
  const int64_t before = queue_.RowsBefore(request);
  const int64_t batch = std::max<int64_t>(std::min(batch_rows_, options_.rules.max_rows), 1);
  const int64_t own_rows = std::max(rows, std::min(batch, before % batch + rows));
  const auto own = times_.Expected(
      {.rows = own_rows, .bytes = row_bytes * static_cast<size_t>(own_rows), .arrangement = Arrangement::kNarrow});
  // All processors are free at the same moment if none runs, or all do the same run.
  const bool is_alone = before == 0 && processors.free_at.front() == processors.free_at.back();
  const auto alone =
      has_wide_ ? times_.Expected({.rows = rows, .bytes = request.bytes, .arrangement = Arrangement::kWide}) : own;
  const auto run = arrangement == Arrangement::kWide && is_alone ? alone : own;
  if (!run) return expectation;

  const Ahead ahead = {.rows = before,
                       .batch_rows = batch,
                       .batch_run = RunBefore(batch, row_bytes).value_or(run->typical),
                       .callers = options_.instances};
  expectation.one_run = OneRun(rows, request.bytes);
  if (goal_.has_goal()) expectation.latest = request.stages.received + goal_.Budget(expectation.one_run);
  if (request.deadline < expectation.latest) {
    expectation.latest = request.deadline;
    expectation.is_own_deadline = true;
  }
  const TimePoint latest_start = expectation.latest == kNever ? kNever : expectation.latest - WithSlack(run->most);
  const TimePoint delay_ends = DelayEnds(before % batch + rows, latest_start, now);
  const TimePoint start = std::max(PredictStart(ahead, processors, now), delay_ends);
  expectation.predicted = start + run->typical;
  expectation.at_most = start + run->most;
  // Who is late already is told so by the line.
  const bool is_late = expectation.at_most > expectation.latest && expectation.latest > now;
  // Who would begin at once is refused for no goal, as nobody else could do better; and for a deadline of his own not
  // for ever, on an estimate.
  const bool begins = queue_.empty() && start <= now;
  const bool may_try = begins && (!expectation.is_own_deadline || now > last_run_ + kEstimateLife);
  expectation.is_refused = is_late && !may_try;
  return expectation;
}

Arrangement LinePlanner::Prefer(Duration budget, TimePoint now) const {
  const auto narrow = times_.Expected({.rows = 1, .bytes = row_bytes_});
  const auto wide = times_.Expected({.rows = 1, .bytes = row_bytes_, .arrangement = Arrangement::kWide});
  if (!narrow) return Arrangement::kNarrow;
  if (!wide) return arrangement_;  // to be seen
  // The first runs with all processors wait for threads that begin, and what was measured once may change: of those
  // that come alone some are run so to see.
  const bool is_unknown =
      wide->served < kWideRunsToKnow || runs_ % kRunsPerLook < kRunsOfLook || now - last_wide_ > kWideEstimateLife;
  if (is_unknown && company_ < kHardlyAny) return Arrangement::kWide;
  return ChooseArrangement({.narrow = narrow->typical,
                            .narrow_most = narrow->most,
                            .wide = wide->typical,
                            .company = company_,
                            .budget = budget,
                            .now = arrangement_});
}

// How long before the goal or a deadline the next batch has to begin, where it waits for company; 0: it does not, or
// nobody knows.
Duration LinePlanner::DelayedRun() const {
  if (options_.rules.max_delay <= Duration(0) || queue_.empty()) return Duration(0);
  const int64_t rows = std::clamp<int64_t>(queue_.rows(), 1, std::max<int64_t>(batch_rows_, 1));
  const auto run = times_.Expected({.rows = rows, .bytes = RowBytes(queue_.front()) * static_cast<size_t>(rows)});
  if (!run) return Duration(0);
  const Duration not_promised = goal_.has_goal() ? goal_.Limit(run->typical) - goal_.Budget(run->typical) : Duration(0);
  return WithSlack(run->most) + std::max(not_promised, Duration(0));
}

// Until when one who comes now would wait for company, as one of so many rows and with `latest_start` in mind; the
// epoch: not at all.
TimePoint LinePlanner::DelayEnds(int64_t rows, TimePoint latest_start, TimePoint now) const {
  const Duration delay = options_.rules.max_delay;
  const std::vector<int64_t>& preferred = options_.rules.preferred_rows;
  if (delay <= Duration(0) || rows >= std::min(batch_rows_, options_.rules.max_rows)) return {};
  if (std::ranges::find(preferred, rows) != preferred.end()) return {};
  const TimePoint own_end = delay < kNever - now ? now + delay : kNever;
  const TimePoint end = queue_.empty() ? own_end : std::min(own_end, queue_.EndOfDelay(DelayedRun()));
  return std::min(end, latest_start);
}

// Somebody waits.
Processors::Wish LinePlanner::WishFor(Arrangement arrangement) const {
  // One that is larger than a batch runs alone.
  const int64_t most = std::max({batch_rows_, queue_.front().rows, int64_t{1}});
  const int64_t rows = std::clamp<int64_t>(queue_.rows(), 1, most);
  const size_t bytes = RowBytes(queue_.front()) * static_cast<size_t>(rows);
  const auto run = times_.Expected({.rows = rows, .bytes = bytes, .arrangement = arrangement});
  return {.arrangement = arrangement, .expected = run ? run->typical : Duration(0)};
}

// Else the goal could not be kept: then runs wait until all processors are free. Whether that is still so, a run on one
// processor now and then has to tell.
bool LinePlanner::MustBeWide() const {
  if (!has_wide_ || !goal_.has_goal() || arrangement_ != Arrangement::kWide) return false;
  if (runs_ % kRunsPerLook < kRunsOfNarrowLook) return false;
  const auto narrow = times_.Expected({.rows = 1, .bytes = row_bytes_});
  return narrow && narrow->most > goal_.goal()->latency;
}

std::optional<Processors::Wish> LinePlanner::NextWish(TimePoint now) const {
  if (!queue_.IsDue(now, /*flush=*/false, DelayedRun(), batch_rows_)) return std::nullopt;
  return WishFor(MustBeWide() ? Arrangement::kWide : Arrangement::kNarrow);
}

// Others were refused lately: what is late already must not take the place of those that come now.
bool LinePlanner::GivesUpLate(TimePoint now) const {
  if (!options_.goal || last_refused_ == TimePoint()) return false;
  return now - last_refused_ < std::max(2 * options_.goal->latency, kPressureLasts);
}

LinePlanner::Begun LinePlanner::Begin(Processors& processors, Processors::Member& member, TimePoint now, bool flush) {
  Begun begun;
  const Duration delayed_run = DelayedRun();
  if (!queue_.IsDue(now, flush, delayed_run, batch_rows_)) {
    begun.grants = processors.Withdraw(member, now);
    return begun;
  }
  const bool must_be_wide = MustBeWide();
  const bool may_be_wide = has_wide_ && arrangement_ == Arrangement::kWide && queue_.size() == 1;
  if (may_be_wide && !must_be_wide) begun.place = processors.TryTake(member, WishFor(Arrangement::kWide), now);
  const Arrangement arrangement = must_be_wide ? Arrangement::kWide : Arrangement::kNarrow;
  if (!begun.place) begun.place = processors.TakeOrAsk(member, WishFor(arrangement), now);
  if (!begun.place) {
    begun.taken.expired = queue_.TakeExpired(now);
    begun.awaits_place = true;
    return begun;
  }
  begun.taken = queue_.TakeIfDue(now, {.flush = flush,
                                       .run = delayed_run,
                                       .most_rows = batch_rows_,
                                       .times = &times_,
                                       .arrangement = begun.place->arrangement,
                                       .give_up_late = GivesUpLate(now),
                                       .spare_one = now > last_run_ + kEstimateLife});
  left_others_ = !queue_.empty();
  if (!begun.taken.batch.empty()) return begun;
  begun.grants = processors.GiveBack(member, *begun.place, now);
  begun.place.reset();
  return begun;
}

Taken LinePlanner::TakeInline(TimePoint now, const std::function<bool(int64_t rows, size_t bytes)>& may_take) {
  return queue_.TakeIfDue(now, {.flush = true, .most_rows = batch_rows_, .times = &times_, .may_take = may_take});
}

void LinePlanner::Ran(const RunSize& size, Duration took, TimePoint now) {
  times_.Record(size, took);
  CountRun(size);
  last_run_ = now;
  if (size.arrangement == Arrangement::kWide) last_wide_ = now;
  if (has_wide_) arrangement_ = Prefer(goal_.has_goal() ? goal_.goal()->latency : Duration(0), now);
  if (++runs_ % kRunsPerChoice == 0 || runs_ < kRunsPerChoice) ChooseRows(now);
}

// By what such runs usually take, so that one that was interrupted for long counts as what it is; and one in several.
void LinePlanner::CountRun(const RunSize& size) {
  if (runs_ % kRunsPerChoice != 0) return;
  const auto usual = times_.Expected(size);
  if (!usual) return;
  const int processors = size.arrangement == Arrangement::kWide ? options_.processors : 1;
  const Duration took = usual->typical * processors;
  const FullUse full = FullUseOf(size.bytes / static_cast<size_t>(std::max<int64_t>(size.rows, 1)));
  // A batch that left others waiting, and was not full, could not be larger.
  const bool could_be_cheaper = full.run > Duration(0) && !(left_others_ && size.rows < batch_rows_);
  as_run_ += took;
  when_full_ += could_be_cheaper ? std::min(took, full.run * size.rows / full.rows) : took;
}

int64_t LinePlanner::RowsFor(double rows_per_second, int64_t now) const {
  return BestRows(times_, {.max_rows = options_.rules.max_rows,
                           .row_bytes = row_bytes_,
                           .callers = static_cast<double>(options_.instances),
                           .budget = goal_.Budget(OneRun(1, row_bytes_)),
                           .rows_per_second = rows_per_second,
                           .now = now});
}

void LinePlanner::ChooseRows(TimePoint now) {
  if (!goal_.has_goal() || options_.rules.max_rows <= 1) return;
  const int64_t rows = RowsFor(arrivals_.PerSecond(now), batch_rows_);
  // That more come is seen by their rate only after a while.
  const bool has_just_grown = last_grown_ != TimePoint() && now - last_grown_ < kGrownLasts;
  if (rows > batch_rows_ || !has_just_grown) batch_rows_ = rows;
}

bool LinePlanner::Grow(TimePoint now) {
  if (!goal_.has_goal() || batch_rows_ >= options_.rules.max_rows) return false;
  const int64_t most = RowsFor(/*rows_per_second=*/0, /*now=*/0);
  if (most <= batch_rows_) return false;
  batch_rows_ = most;
  last_grown_ = now;
  return true;
}

bool LinePlanner::Answered(const Fared& fared) {
  const Duration took = fared.answered - fared.received;
  goal_.Record(took);
  const bool is_late = fared.answered > fared.deadline || (options_.goal && took > options_.goal->latency);
  if (is_late) ++late_answers_;
  if (fared.predicted == TimePoint() || took <= Duration(0)) return is_late;
  const double error =
      std::abs(static_cast<double>((fared.predicted - fared.answered).count())) / static_cast<double>(took.count());
  // The quantile at which nine steps down are as many as one step up.
  error_p90_ = std::max(0.0, error_p90_ + (error > error_p90_ ? 9 : -1) * kErrorStep);
  return is_late;
}

Status LinePlanner::WhyRefused(const std::string& model, const InferRequest& request,
                               const Expectation& expectation) const {
  const Duration takes = expectation.at_most - request.stages.received;
  std::string wanted = "the request's deadline is in " + InWords(request.deadline - request.stages.received);
  if (!expectation.is_own_deadline) {
    wanted = "the goal is " + ToString(*options_.goal);
    const Duration promised = expectation.latest - request.stages.received;
    if (takes <= options_.goal->latency) wanted += ", of which " + InWords(promised) + " can be promised for now";
  }
  std::string text = "model '" + model + "' would answer in " + InWords(takes) + ", and " + wanted + ": " +
                     std::to_string(queue_.size()) + (queue_.size() == 1 ? " request waits" : " requests wait") +
                     ", a run takes " + InWords(expectation.one_run) + "; try again later";
  const auto too_long = std::chrono::ceil<std::chrono::milliseconds>(expectation.at_most - expectation.latest);
  return Overloaded(std::move(text)).TryAgainIn(std::max(too_long, std::chrono::milliseconds(1)));
}

FullUse LinePlanner::FullUseOf(size_t row_bytes) const {
  return FindFullUse(times_, options_.rules.max_rows, row_bytes, options_.instances, options_.goal);
}

LinePlanner::Capacity LinePlanner::capacity() const {
  return {.utilisation = FullUseOf(row_bytes_).utilisation, .as_run = as_run_, .when_full = when_full_};
}

LinePlanner::Account LinePlanner::account(TimePoint now) const {
  return {.goal = options_.goal,
          .margin = goal_.margin(),
          .late_share = goal_.late_share(),
          .arrangement = has_wide_ ? arrangement_ : Arrangement::kNarrow,
          .has_wide = has_wide_,
          .company = company_,
          .batch_rows = batch_rows_,
          .rows_per_second = arrivals_.PerSecond(now),
          .instances = options_.instances,
          .allowed_utilisation = capacity().utilisation,
          .runs = runs_,
          .late_answers = late_answers_,
          .refused = refused_,
          .error_p90 = error_p90_,
          .times = times_.All()};
}

}  // namespace trireme
