// SPDX-License-Identifier: Apache-2.0
#include "bench/compare_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "bench/cost.h"
#include "bench/report.h"
#include "bench/report_text.h"
#include "bench/spread.h"

namespace trireme::bench {
namespace {

constexpr double kBusy = 0.9;  // of a processor
constexpr int kFewRounds = 3;

// Of both rows, what rounds of the same number say in which both count.
struct Pairs {
  std::vector<double> values, bases;
};

const CompareRound* RoundOf(const CompareRow& row, int number) {
  const auto at = std::ranges::find(row.rounds, number, &CompareRound::number);
  return at != row.rounds.end() && at->counts ? &*at : nullptr;
}

template <typename Value>
Interval RatioOfRows(const CompareRow& row, const CompareRow& base, Value value) {
  Pairs pairs;
  for (const CompareRound& round : row.rounds) {
    const CompareRound* const other = RoundOf(base, round.number);
    if (!round.counts || other == nullptr) continue;
    const std::optional<double> own = value(*round.measured);
    const std::optional<double> first = value(*other->measured);
    if (!own || !first) continue;
    pairs.values.push_back(*own);
    pairs.bases.push_back(*first);
  }
  return RatioOf(pairs.values, pairs.bases);
}

std::optional<double> RateOf(const Measurement& measured) {
  return measured.per_second;
}

// Nothing where nobody was answered: a latency of 0 would be the best there is.
std::optional<double> QuantileUs(const Measurement& measured, double share) {
  if (measured.latency.count() == 0) return std::nullopt;
  return Microseconds(measured.latency.Quantile(share));
}

void AddIfKnown(const std::optional<double>& value, std::vector<double>& values) {
  if (value) values.push_back(*value);
}

// What the rounds say of the machine.
struct Machine {
  std::vector<double> cores, bytes, host_cores, host_bytes;
  std::vector<std::vector<GpuUse>> gpus;
};

void AddMachine(const ResourceUse& use, Machine& machine) {
  if (const auto cores = use.process_cores()) machine.cores.push_back(*cores);
  if (use.process_bytes) machine.bytes.push_back(static_cast<double>(*use.process_bytes));
  if (use.host_cores) machine.host_cores.push_back(*use.host_cores);
  if (use.host_bytes) machine.host_bytes.push_back(static_cast<double>(*use.host_bytes));
  machine.gpus.push_back(use.gpus);
}

// Of the GPU that has this number in all rounds; nothing: there is none.
std::optional<GpuUse> MedianGpu(const std::vector<std::vector<GpuUse>>& rounds, size_t number) {
  GpuUse median;
  std::vector<double> busy, bytes, watts;
  for (const std::vector<GpuUse>& gpus : rounds) {
    if (number >= gpus.size()) continue;
    median.name = gpus[number].name;
    busy.push_back(gpus[number].busy);
    bytes.push_back(static_cast<double>(gpus[number].bytes));
    AddIfKnown(gpus[number].watts, watts);
  }
  if (busy.empty()) return std::nullopt;
  median.busy = SpreadOf(busy).median;
  median.bytes = static_cast<uint64_t>(SpreadOf(bytes).median);
  if (!watts.empty()) median.watts = SpreadOf(watts).median;
  return median;
}

std::string Range(const Interval& interval, double scale = 1) {
  if (interval.count == 0) return "-";
  const std::string median = Short(interval.median * scale);
  if (!interval.has_width()) return median;
  return median + " (" + Short(interval.low * scale) + " to " + Short(interval.high * scale) + ")";
}

// "1.250 (1.201 to 1.310)", with what stands for "no difference shown" behind it.
std::string Ratio(const Interval& ratio) {
  if (ratio.count == 0) return "-";
  return Range(ratio) + (ratio.has_width() && ratio.Contains(1) ? " ~" : "");
}

std::string Percent(double share) {
  return Short(share * 100) + " %";
}

// The goal's quantile, where the table has no column of it anyway.
bool HasGoalColumn(const CompareLoad& load) {
  return load.load.goal && load.load.goal->quantile != 0.5 && load.load.goal->quantile != 0.99;
}

bool IsRateMeasured(const CompareLoad& load) {
  return load.kind != CompareLoad::Kind::kOpen;
}

std::string QuantileName(const ServiceGoal& goal) {
  const std::string text = ToString(goal);
  return text.substr(0, text.find('='));
}

}  // namespace

CompareSummary Summarize(const CompareReport& report, size_t section, size_t row) {
  const CompareSection& all = report.sections[section];
  const CompareRow& own = all.rows[row];
  const std::optional<ServiceGoal>& goal = all.load.load.goal;
  CompareSummary summary;
  std::vector<double> rates, p50, p99, goals, cpu;
  Machine machine;
  uint64_t misses = 0;
  for (const CompareRound& round : own.rounds) {
    if (!round.counts) continue;
    const Measurement& measured = *round.measured;
    ++summary.rounds;
    if (measured.per_second == 0) ++summary.empty_rounds;
    rates.push_back(measured.per_second);
    AddIfKnown(QuantileUs(measured, 0.5), p50);
    AddIfKnown(QuantileUs(measured, 0.99), p99);
    if (goal) AddIfKnown(QuantileUs(measured, goal->quantile), goals);
    if (goal) misses += measured.latency.CountAbove(goal->latency) + measured.failed;
    // Below the step in which the system counts it, it is not known.
    if (measured.cpu_a_request > Duration(0)) cpu.push_back(Microseconds(*measured.cpu_a_request));
    summary.latency.Add(measured.latency);
    summary.failed += measured.failed;
    AddMachine(measured.resources, machine);
  }
  summary.per_second = IntervalOf(rates);
  summary.p50_us = IntervalOf(p50);
  summary.p99_us = IntervalOf(p99);
  summary.goal_us = IntervalOf(goals);
  summary.cpu_us = IntervalOf(cpu);
  summary.cores = SpreadOf(machine.cores).median;
  summary.bytes = static_cast<uint64_t>(SpreadOf(machine.bytes).median);
  summary.host_cores = SpreadOf(machine.host_cores).median;
  summary.host_bytes = static_cast<uint64_t>(SpreadOf(machine.host_bytes).median);
  while (const auto gpu = MedianGpu(machine.gpus, summary.gpus.size())) summary.gpus.push_back(*gpu);
  const uint64_t requests = summary.latency.count() + summary.failed;
  if (goal && requests > 0) summary.in_time = 1 - static_cast<double>(misses) / static_cast<double>(requests);
  const auto price = report.options.targets[row].price_per_hour;
  if (price && summary.per_second.median > 0) summary.cost = CostPerMillion(*price, summary.per_second.median);
  if (row == 0) return summary;
  const CompareRow& first = all.rows[0];
  summary.rate_ratio = RatioOfRows(own, first, RateOf);
  summary.p50_ratio = RatioOfRows(own, first, [](const Measurement& measured) { return QuantileUs(measured, 0.5); });
  summary.p99_ratio = RatioOfRows(own, first, [](const Measurement& measured) { return QuantileUs(measured, 0.99); });
  return summary;
}

std::vector<std::vector<std::string>> CompareTable(const CompareReport& report, size_t section) {
  const CompareSection& all = report.sections[section];
  const CompareLoad& load = all.load;
  const bool has_ratios = all.rows.size() > 1;
  const bool has_rate_ratio = has_ratios && IsRateMeasured(load);
  constexpr double kMilli = 1e-3;
  std::vector<std::string> columns = {"server", "requests/s"};
  if (has_rate_ratio) columns.emplace_back("x first");
  columns.insert(columns.end(), {"p50, ms", "p99, ms"});
  if (has_ratios) columns.emplace_back("p99 x first");
  if (HasGoalColumn(load)) columns.push_back(QuantileName(*load.load.goal) + ", ms");
  columns.insert(columns.end(), {"failed", "CPU, us", "memory"});
  std::vector<std::vector<std::string>> table = {columns};
  for (size_t i = 0; i < all.rows.size(); ++i) {
    const CompareSummary row = Summarize(report, section, i);
    std::vector<std::string> cells = {report.options.targets[i].name, Range(row.per_second)};
    const std::string first = row.rounds > 0 ? "1" : "-";
    if (has_rate_ratio) cells.push_back(i == 0 ? first : Ratio(row.rate_ratio));
    cells.insert(cells.end(), {Range(row.p50_us, kMilli), Range(row.p99_us, kMilli)});
    if (has_ratios) cells.push_back(i == 0 ? first : Ratio(row.p99_ratio));
    if (HasGoalColumn(load)) cells.push_back(Range(row.goal_us, kMilli));
    cells.push_back(row.rounds > 0 ? std::to_string(row.failed) : "-");
    cells.push_back(row.cpu_us.count > 0 ? Short(row.cpu_us.median) : "-");
    cells.push_back(row.bytes > 0 ? RoughBytes(row.bytes) : "-");
    table.push_back(std::move(cells));
  }
  return table;
}

namespace {

std::string InWhichRounds(const std::vector<int>& numbers, int rounds) {
  if (static_cast<int>(numbers.size()) == rounds) return "in no round measured";
  std::string text = numbers.size() == 1 ? "round " : "rounds ";
  for (size_t i = 0; i < numbers.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(numbers[i]);
  return text;
}

// Each problem once, with its rounds; those that were measured in part say how far they came.
void AppendProblems(const CompareRow& row, const std::string& name, int rounds, std::vector<std::string>& remarks) {
  std::map<std::string, std::vector<int>> problems;
  for (const CompareRound& round : row.rounds) {
    if (round.problem.empty()) continue;
    std::string text = round.problem;
    if (round.measured && !round.counts) {
      text += " (until then " + std::to_string(round.measured->latency.count()) + " answered, which do not count)";
    }
    problems[text].push_back(round.number);
  }
  for (const auto& [text, numbers] : problems) {
    remarks.push_back(name + ": " + InWhichRounds(numbers, rounds) + ": " + text);
  }
}

void AppendFailures(const CompareRow& row, const std::string& name, std::vector<std::string>& remarks) {
  std::map<std::string, Failures> all;
  for (const CompareRound& round : row.rounds) {
    if (!round.measured) continue;
    for (const auto& [kind, failure] : round.measured->failures) {
      Failures& sum = all[kind];
      if (sum.count == 0) sum.sample = failure.sample;
      sum.count += failure.count;
    }
  }
  for (const auto& [kind, failure] : all) {
    remarks.push_back(name + ": failed, " + Visible(kind) + ": " + std::to_string(failure.count) +
                      (failure.count == 1 ? " time" : " times") +
                      (failure.sample.empty() ? "" : ", first: " + Visible(failure.sample)));
  }
}

// How the search for a goodput ended.
void AppendSearch(const CompareRow& row, const ServiceGoal& goal, const std::string& name,
                  std::vector<std::string>& remarks) {
  for (const CompareRound& round : row.rounds) {
    if (!round.goodput) continue;
    const Goodput& found = *round.goodput;
    const std::string where = name + ": round " + std::to_string(round.number) + ": ";
    if (found.per_second == 0 && !found.interrupted) {
      remarks.push_back(where + "no rate keeps " + ToString(goal) + ": of one user alone " + QuantileName(goal) +
                        " is " + ShortMilliseconds(found.alone.Quantile(goal.quantile)) + " ms");
    } else if (found.per_second > 0 && !found.is_certain()) {
      remarks.push_back(where + "too few requests to be sure on both sides of " + Short(found.per_second) +
                        " requests/s: a longer --longest-try helps");
    }
  }
}

std::string CostOf(const CompareReport& report, size_t target, const CompareSummary& row) {
  const double price = report.options.targets[target].price_per_hour.value_or(0);
  return report.options.targets[target].name + ": a million requests cost " + Short(*row.cost) + ": " +
         CostFormula(price, row.per_second.median);
}

std::string EmptyRounds(const std::string& name, const CompareSummary& row) {
  return name + ": 0 requests/s in " + std::to_string(row.empty_rounds) + " of " + std::to_string(row.rounds) +
         " rounds: the medians of rates and of their ratios count these, and have no intervals";
}

std::string MachineOf(const std::string& name, const CompareSummary& row) {
  std::string text;
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : ", ") + more; };
  if (row.cores > 0) add(Short(row.cores) + " processors busy with it");
  if (row.host_cores > 0) add(Short(row.host_cores) + " with everything");
  if (row.host_bytes > 0) add(RoughBytes(row.host_bytes) + " in use on this machine");
  for (const GpuUse& gpu : row.gpus) {
    add(gpu.name + " " + Percent(gpu.busy) + " busy, " + RoughBytes(gpu.bytes) + " in use" +
        (gpu.watts ? ", " + Short(*gpu.watts) + " W" : ""));
  }
  return text.empty() ? text : name + ": " + text;
}

}  // namespace

std::vector<std::string> CompareRemarks(const CompareReport& report, size_t section) {
  const CompareSection& all = report.sections[section];
  const std::optional<ServiceGoal>& goal = all.load.load.goal;
  std::vector<std::string> remarks;
  for (size_t i = 0; i < all.rows.size(); ++i) {
    const std::string& name = report.options.targets[i].name;
    AppendProblems(all.rows[i], name, report.options.rounds, remarks);
    const bool is_search = all.load.kind == CompareLoad::Kind::kGoodput;
    if (!is_search) AppendFailures(all.rows[i], name, remarks);
    if (is_search) AppendSearch(all.rows[i], *goal, name, remarks);
    const CompareSummary row = Summarize(report, section, i);
    if (row.rounds == 0) continue;
    if (row.empty_rounds > 0 && row.rounds > 1) remarks.push_back(EmptyRounds(name, row));
    if (goal && !is_search && row.in_time)
      remarks.push_back(name + ": " + DescribeVerdict(*goal, row.latency, *row.in_time));
    if (std::string machine = MachineOf(name, row); !machine.empty()) remarks.push_back(std::move(machine));
    if (row.cost) remarks.push_back(CostOf(report, i, row));
  }
  return remarks;
}

std::string DescribeTarget(const CompareReport& report, size_t section, size_t row) {
  const CompareRow& own = report.sections[section].rows[row];
  const CompareTarget& target = report.options.targets[row];
  std::string text = target.name + ": " + Visible(target.local ? target.local->path.string() : target.ask.url);
  if (!own.server.empty()) text += ", " + own.server;
  if (!own.model.empty()) text += ", " + own.model + ": " + own.inputs;
  return text;
}

std::vector<std::pair<std::string_view, std::string>> CompareReport::About() const {
  return {
      {"command", facts.command},
      {"date", facts.date},
      {"client", facts.client},
      {"machine", facts.machine()},
      {"rounds", std::to_string(options.rounds) + " of " + std::to_string(options.window.count()) + " ms, each after " +
                     std::to_string(options.warm_up.count()) +
                     " ms of warm-up; intervals of 95 %; ~: the interval has 1 in it, so that no difference is shown"}};
}

std::vector<std::string> CompareReport::Notes() const {
  std::vector<std::string> notes;
  if (interrupted) notes.emplace_back("interrupted: what was measured until then is shown");
  if (options.rounds < kFewRounds && options.targets.size() > 1) {
    notes.emplace_back("of fewer than 3 rounds nobody knows how far apart they would lie: use more");
  }
  bool is_busy = false;
  for (const CompareSection& section : sections) {
    for (size_t i = 0; i < section.rows.size(); ++i) {
      if (options.targets[i].local) continue;  // which runs in this program
      for (const CompareRound& round : section.rows[i].rounds) {
        is_busy = is_busy || (round.measured && round.measured->client_cores > kBusy);
      }
    }
  }
  if (is_busy) notes.emplace_back("this program kept a whole processor busy: servers may be faster than it says");
  return notes;
}

bool CompareReport::is_whole() const {
  if (interrupted || sections.size() < options.loads.size()) return false;
  return std::ranges::all_of(sections, [&](const CompareSection& section) {
    const bool is_search = section.load.kind == CompareLoad::Kind::kGoodput;
    return std::ranges::all_of(section.rows, [&](const CompareRow& row) {
      return row.rounds.size() == static_cast<size_t>(options.rounds) &&
             std::ranges::all_of(row.rounds, [&](const CompareRound& round) {
               return round.counts && (is_search ? round.measured->per_second > 0 : round.measured->failures.empty());
             });
    });
  });
}

std::string Write(const CompareReport& report, ReportForm form) {
  switch (form) {
    case ReportForm::kMarkdown:
      return Markdown(report);
    case ReportForm::kCsv:
      return Csv(report);
    case ReportForm::kHtml:
      return Html(report);
    case ReportForm::kJson:
      break;
  }
  return Json(report);
}

}  // namespace trireme::bench
