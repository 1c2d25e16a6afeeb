// SPDX-License-Identifier: Apache-2.0
#include "tune/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "base/quantity.h"
#include "bench/cost.h"
#include "bench/goodput_search.h"
#include "bench/report_text.h"
#include "tune/cost.h"

namespace trireme::tune {
namespace {

using bench::Short;
using bench::ShortMilliseconds;

constexpr size_t kMostNamed = 5;  // of candidates in a sentence
constexpr double kFarOff = 0.8;   // of what was measured: what verifies less is worth a word

template <typename T>
T MedianOf(std::vector<T> values) {
  if (values.empty()) return T{};
  std::ranges::sort(values);
  const T low = values[(values.size() - 1) / 2];
  const T high = values[values.size() / 2];
  return low + (high - low) / 2;
}

LoadPoint MedianPoint(const std::vector<LoadPoint>& points) {
  LoadPoint median{.is_open = points[0].is_open, .users = points[0].users};
  const auto of = [&](auto member) {
    std::vector<std::decay_t<decltype(points[0].*member)>> values;
    for (const LoadPoint& point : points) values.push_back(point.*member);
    return MedianOf(std::move(values));
  };
  for (const LoadPoint& point : points) {
    median.answered += point.answered;
    median.failed += point.failed;
    if (median.failure.empty()) median.failure = point.failure;
  }
  median.per_second = of(&LoadPoint::per_second);
  median.p50 = of(&LoadPoint::p50);
  median.p99 = of(&LoadPoint::p99);
  median.at_quantile = of(&LoadPoint::at_quantile);
  return median;
}

const Standing* StandingOf(const ModelOutcome& model, size_t candidate) {
  const auto found = std::ranges::find(model.result.standings, candidate, &Standing::candidate);
  return found == model.result.standings.end() ? nullptr : &*found;
}

// Whether chance may have put it behind the best.
bool IsAsGood(const ModelOutcome& model, const Standing& standing) {
  const Standing& best = model.result.standings[0];
  return model.result.fates[standing.candidate].kind == Fate::Kind::kFinalist &&
         model.result.fates[standing.candidate].rung == model.result.fates[best.candidate].rung &&
         standing.score.Overlaps(best.score) && model.KeepsGoal();
}

std::string QuantileName(const ModelOutcome& model) {
  const std::string goal = model.wanted.goal ? ToString(*model.wanted.goal) : "p99";
  return goal.substr(0, goal.find('='));
}

std::string PlusMinus(const Interval& interval) {
  if (!std::isfinite(interval.high)) return "?";
  return Short(interval.low) + " to " + Short(interval.high);
}

// "a; b and 3 more"
std::string Named(const ModelOutcome& model, const std::vector<size_t>& candidates) {
  std::string text;
  for (size_t i = 0; i < candidates.size() && i < kMostNamed; ++i) {
    text += (text.empty() ? "" : "; ") + ToText(model.candidates[candidates[i]]);
  }
  if (candidates.size() > kMostNamed) text += " and " + std::to_string(candidates.size() - kMostNamed) + " more";
  return text;
}

std::vector<size_t> WithFate(const ModelOutcome& model, Fate::Kind kind) {
  std::vector<size_t> candidates;
  for (size_t i = 0; i < model.result.fates.size(); ++i) {
    if (model.result.fates[i].kind == kind) candidates.push_back(i);
  }
  return candidates;
}

void AddGoalNotes(const ModelOutcome& model, std::vector<std::string>& notes) {
  if (!model.best || !model.wanted.goal) return;
  const std::optional<LoadPoint> point = ChosenPoint(model, *model.best);
  const uint64_t needed = bench::FewestRequests(model.wanted.goal->quantile);
  if (point && point->answered < needed) {
    notes.push_back("The " + QuantileName(model) + " of the best settings is that of " +
                    std::to_string(point->answered) + " answers, and " + std::to_string(needed) +
                    " are needed to be sure of it: a longer search gives more");
  }
}

// Two kinds of number in one column must not be compared.
void AddKinds(const ModelOutcome& model, std::vector<std::string>& notes) {
  bool has_open = false;
  bool has_closed = false;
  for (const Standing& standing : model.result.standings) {
    const std::optional<LoadPoint> point = ChosenPoint(model, standing.candidate);
    has_open = has_open || (point && point->is_open);
    has_closed = has_closed || (point && !point->is_open);
  }
  if (!has_open || !has_closed) return;
  notes.emplace_back(
      "Only those that came to the last rung were measured at a rate. The others' numbers are of users who wait for "
      "one "
      "another, which is easier: compare them with one another alone");
}

void AddTies(const ModelOutcome& model, std::vector<std::string>& notes) {
  std::vector<size_t> equals;
  bool has_automatic = false;
  for (const Standing& standing : model.result.standings) {
    if (standing.candidate == *model.best || !IsAsGood(model, standing)) continue;
    equals.push_back(standing.candidate);
    const Candidate& candidate = model.candidates[standing.candidate];
    has_automatic = has_automatic || (candidate.is_automatic() && candidate.precision == Precision::kFp32);
  }
  if (equals.empty()) return;
  notes.push_back("By what was measured these are as good as the best: " + Named(model, equals));
  if (has_automatic) notes.emplace_back("What the server decides by itself is among them: nothing has to be set");
}

void AddTimeNotes(const ModelOutcome& model, std::vector<std::string>& notes) {
  const std::vector<size_t> left_out = WithFate(model, Fate::Kind::kLeftOut);
  if (!left_out.empty()) {
    notes.push_back(std::to_string(left_out.size()) + " of " + std::to_string(model.candidates.size()) +
                    " candidates, chosen at random, were not measured for want of time: a longer --budget-time "
                    "measures them");
  }
  const std::vector<size_t> untold = WithFate(model, Fate::Kind::kUntold);
  if (!untold.empty()) {
    notes.push_back("Not told apart from the best of their rung, and yet left for want of time: " +
                    Named(model, untold));
  }
  if (model.result.time_was_up) notes.emplace_back("The time was up before the search came to its end");
}

void AddDecided(const ModelOutcome& model, std::vector<std::string>& notes) {
  const Decided& decided = model.facts.decided;
  const std::array<std::pair<bool, const char*>, 5> all = {{{decided.batch, "batch"},
                                                            {decided.callers, "callers"},
                                                            {decided.threads, "threads"},
                                                            {decided.delay, "delay"},
                                                            {decided.device, "device"}}};
  std::string names;
  for (const auto& [is_decided, name] : all) {
    if (is_decided) names += (names.empty() ? "" : ", ") + std::string(name);
  }
  if (!names.empty()) {
    notes.push_back("The model's own config decides what no flag changes, and what was therefore not searched: " +
                    names);
  }
}

void AddTrials(const ModelOutcome& model, std::vector<std::string>& notes) {
  for (const PrecisionTrial& trial : model.trials) {
    const std::string name(onnxfile::Name(trial.precision));
    const std::string summary = trial.summary.empty() ? "" : ": " + trial.summary;
    notes.push_back(name + (trial.refusal.empty() ? summary : " was not tried" + summary + ": " + trial.refusal));
  }
  if (!model.trials.empty() && !model.has_samples) {
    notes.emplace_back(
        "Outputs were compared on random elements, which say little of real ones: --samples FILE.json names requests");
  }
}

void AddFailures(const ModelOutcome& model, std::vector<std::string>& notes) {
  std::map<std::string, std::vector<size_t>> by_reason;
  for (const size_t candidate : WithFate(model, Fate::Kind::kFailed)) {
    by_reason[model.result.fates[candidate].failure].push_back(candidate);
  }
  for (const auto& [reason, candidates] : by_reason) {
    notes.push_back("Could not be measured: " + Named(model, candidates) + ": " + reason);
  }
}

void AddVerification(const ModelOutcome& model, std::vector<std::string>& notes) {
  if (!model.verification_failure.empty()) {
    notes.push_back("A server with these settings could not be measured again: " + model.verification_failure);
  }
  if (!model.verified || !model.best || !model.KeepsGoal()) return;
  const double expected = model.result.standings[0].score.mean;
  if (model.verified->per_second >= kFarOff * expected) return;
  notes.push_back("Tried once more, the best settings gave " + Short(model.verified->per_second) +
                  " requests/s instead of " + Short(expected) +
                  ": this machine was busy with something else, then or before");
}

// Prices were said, and none is of the device that the best settings are for.
void AddPriceNotes(const TuneReport& report, const ModelOutcome& model, std::vector<std::string>& notes) {
  const std::string& device = model.candidates[*model.best].device;
  const Prices& prices = report.options.prices;
  if (prices.empty() || PriceOf(prices, device) || !model.KeepsGoal()) return;
  std::string priced;
  for (const auto& [name, price] : prices) priced += (priced.empty() ? "" : ", ") + name;
  notes.push_back("What the best settings cost is not known: there is a price for " + priced + ", and they are for " +
                  (device.empty() ? "whatever device the server chooses" : device) +
                  ": --price-per-hour PRICE is of every other device");
}

// As it is written.
std::string BudgetText(const TuneOptions& options) {
  return FormatDuration(std::chrono::duration_cast<std::chrono::microseconds>(options.budget));
}

}  // namespace

bool TuneReport::KeepsAllGoals() const {
  return std::ranges::all_of(models, &ModelOutcome::KeepsGoal);
}

std::vector<std::pair<std::string_view, std::string>> TuneReport::About() const {
  return {{"command", facts.command},
          {"date", facts.date},
          {"server", facts.server()},
          {"machine", facts.machine()},
          {"time for each model", BudgetText(options)},
          {"seed", std::to_string(options.seed)}};
}

std::vector<LoadPoint> PointsOf(const ModelOutcome& model, size_t candidate) {
  std::map<std::pair<bool, int>, std::vector<LoadPoint>> by_load;
  for (const Visit& visit : model.visits) {
    // The first look is a short one, at a machine that has not settled yet.
    if (visit.candidate != candidate || visit.rung < 0) continue;
    for (const LoadPoint& point : visit.points) {
      const bool says_something = point.answered > 0 || point.is_open;
      if (says_something) by_load[{point.is_open, point.users}].push_back(point);
    }
  }
  std::vector<LoadPoint> points;
  for (const auto& [load, same] : by_load) points.push_back(MedianPoint(same));
  return points;
}

std::optional<LoadPoint> ChosenPoint(const ModelOutcome& model, size_t candidate) {
  Visit all{.points = PointsOf(model, candidate)};
  if (const LoadPoint* best = BestOf(all, model.wanted.goal)) return *best;
  const LoadPoint* lightest = LightestOf(all);
  return lightest == nullptr ? std::nullopt : std::optional(*lightest);
}

std::string FateText(const ModelOutcome& model, size_t candidate) {
  const Fate& fate = model.result.fates[candidate];
  const Standing* standing = StandingOf(model, candidate);
  const std::string rung = " (rung " + std::to_string(fate.rung + 1) + ")";
  switch (fate.kind) {
    case Fate::Kind::kFinalist:
      if (model.best == candidate) return model.KeepsGoal() ? "best" : "nearest to the goal";
      return standing != nullptr && IsAsGood(model, *standing) ? "as good" : "finalist";
    case Fate::Kind::kWorse:
      return "worse" + rung;
    case Fate::Kind::kUntold:
      return "left for want of time" + rung;
    case Fate::Kind::kFailed:
      return "failed";
    case Fate::Kind::kLeftOut:
      return "not measured";
    case Fate::Kind::kRefused:
      return "too far off";
  }
  return {};
}

std::string Verdict(const ModelOutcome& model) {
  if (!model.best) {
    const std::vector<size_t> failed = WithFate(model, Fate::Kind::kFailed);
    return "No candidate could be measured" +
           (failed.empty() ? std::string() : ": " + model.result.fates[failed[0]].failure);
  }
  const std::string settings = ToText(model.candidates[*model.best]);
  const Interval& score = model.result.standings[0].score;
  const std::optional<LoadPoint> point = ChosenPoint(model, *model.best);
  if (!model.wanted.goal) {
    return Short(score.mean) + " requests/s (" + PlusMinus(score) + ") with " + settings;
  }
  const std::string goal = ToString(*model.wanted.goal);
  if (model.KeepsGoal()) {
    return Short(score.mean) + " requests/s (" + PlusMinus(score) + ") within " + goal + " with " + settings;
  }
  const Visit all{.points = PointsOf(model, *model.best)};
  const LoadPoint* alone = LightestOf(all);
  const std::string missed = goal + " cannot be kept: ";
  if (alone == nullptr || alone->at_quantile <= model.wanted.goal->latency) {
    return missed + "one request at a time is in time, but not what comes as from many people (settings: " + settings +
           ")";
  }
  return missed + "one request alone takes " + ShortMilliseconds(alone->at_quantile) + " ms (" + QuantileName(model) +
         "; p50 " + ShortMilliseconds(alone->p50) + " ms) with the quickest settings, " + settings +
         ". That is the best that can be had here";
}

std::vector<std::string> Notes(const TuneReport& report, const ModelOutcome& model) {
  std::vector<std::string> notes;
  if (model.best) {
    AddGoalNotes(model, notes);
    AddTies(model, notes);
    AddKinds(model, notes);
    AddVerification(model, notes);
    AddPriceNotes(report, model, notes);
  }
  AddTimeNotes(model, notes);
  AddDecided(model, notes);
  AddTrials(model, notes);
  AddFailures(model, notes);
  return notes;
}

std::string Cost::value_text() const {
  return formula.empty() ? std::to_string(static_cast<int64_t>(value)) : Short(value);
}

std::vector<Cost> Costs(const TuneReport& report, const ModelOutcome& model) {
  if (!model.best || !model.KeepsGoal()) return {};
  const std::optional<double> price = PriceOf(report.options.prices, model.candidates[*model.best].device);
  if (!price) return {};
  const double per_second = model.result.standings[0].score.mean;
  const auto rows = static_cast<double>(std::max<int64_t>(model.rows, 1));
  std::vector<Cost> costs = {{.name = "cost of a million requests",
                              .value = bench::CostPerMillion(*price, per_second),
                              .formula = bench::CostFormula(*price, per_second)}};
  const double frames = report.options.frames_per_second;
  if (frames <= 0) return costs;
  const std::string video = "24 h of video at " + Short(frames) + " frames/s";
  costs.push_back({.name = "cost of " + video,
                   .value = CostPerVideoDay(*price, per_second * rows, frames),
                   .formula = VideoFormula(*price, per_second, rows, frames)});
  costs.push_back({.name = "such videos at a time on one machine",
                   .value = VideosAtOnce(per_second * rows, frames),
                   .formula = {}});
  return costs;
}

std::vector<std::string> Columns(const TuneReport& report, const ModelOutcome& model) {
  std::vector<std::string> columns = {"settings", model.wanted.goal ? "goodput/s" : "requests/s", "95 % confidence",
                                      "p50, ms"};
  columns.push_back(QuantileName(model) + ", ms");
  columns.emplace_back("users");
  if (!report.options.prices.empty()) columns.emplace_back("cost/million");
  columns.emplace_back("verdict");
  return columns;
}

std::vector<std::vector<std::string>> Rows(const TuneReport& report, const ModelOutcome& model) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](size_t candidate, const Standing* standing) {
    std::vector<std::string>& cells = rows.emplace_back();
    const std::optional<LoadPoint> point = ChosenPoint(model, candidate);
    cells.push_back(ToText(model.candidates[candidate]));
    cells.push_back(standing == nullptr ? "" : Short(standing->score.mean));
    cells.push_back(standing == nullptr ? "" : PlusMinus(standing->score));
    cells.push_back(point ? ShortMilliseconds(point->p50) : "");
    cells.push_back(point ? ShortMilliseconds(point->at_quantile) : "");
    cells.push_back(!point ? "" : point->is_open ? "at a rate" : std::to_string(point->users));
    if (!report.options.prices.empty()) {
      const std::optional<double> price = PriceOf(report.options.prices, model.candidates[candidate].device);
      const bool has_cost = price && standing != nullptr && standing->score.mean > 0;
      cells.push_back(has_cost ? Short(bench::CostPerMillion(*price, standing->score.mean)) : "");
    }
    cells.push_back(FateText(model, candidate));
  };
  for (const Standing& standing : model.result.standings) add(standing.candidate, &standing);
  for (size_t i = 0; i < model.candidates.size(); ++i) {
    if (StandingOf(model, i) == nullptr) add(i, nullptr);
  }
  return rows;
}

std::string Write(const TuneReport& report, bench::ReportForm form) {
  switch (form) {
    case bench::ReportForm::kMarkdown:
      return Markdown(report);
    case bench::ReportForm::kCsv:
      return Csv(report);
    case bench::ReportForm::kJson:
      return Json(report);
    case bench::ReportForm::kHtml:
      return Html(report);
  }
  return {};
}

}  // namespace trireme::tune
