// SPDX-License-Identifier: Apache-2.0
#include "bench/compare.h"

#include <poll.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/goodput.h"
#include "bench/interrupts.h"
#include "bench/local_target.h"
#include "bench/measure.h"
#include "bench/report_file.h"
#include "bench/report_text.h"
#include "bench/server_target.h"

namespace trireme::bench {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kFinalWindows = 5;  // that a rate is tried for whose verdict stands
constexpr double kBracket = 0.9;  // of the goodput of the round before: where the next one begins to look

bool IsReadable(int fd) {
  pollfd polled = {.fd = fd, .events = POLLIN, .revents = 0};
  return fd >= 0 && poll(&polled, 1, 0) > 0;
}

uint64_t SeedOf(const CompareOptions& options, int round) {
  return options.seed + static_cast<uint64_t>(round - 1) * 1'000'000;
}

GoodputPlan GoodputPlanOf(const BenchOptions& options) {
  GoodputPlan plan{.goal = *options.goal,
                   .tolerance = options.tolerance,
                   .warm_up = options.warm_up,
                   .window = options.window,
                   .final_window = kFinalWindows * options.window,
                   .longest = options.longest_try,
                   .timeout = options.timeout,
                   .connections = Connections(options),
                   .calls = static_cast<size_t>(options.calls),
                   .arrivals = options.arrivals,
                   .seed = options.seed};
  // Requests in shared memory have a place for each of these calls, and no more.
  if (options.shared_memory != SharedMemory::kNone) plan.most_connections = plan.connections;
  return plan;
}

std::string DescribeTry(const GoodputTry& each, const ServiceGoal& goal) {
  const std::string words = ToString(goal);
  return Short(each.per_second) + " requests/s " + (each.kept ? "keeps " : "misses ") + words + ": " +
         words.substr(0, words.find('=')) + " " + ShortMilliseconds(each.latency) + " ms of " +
         std::to_string(each.requests);
}

std::string DescribeRound(const CompareRound& round) {
  std::string text;
  if (round.measured) {
    const Measurement& measured = *round.measured;
    text = Short(measured.per_second) + " requests/s, p50 " + ShortMilliseconds(measured.latency.Quantile(0.5)) +
           " ms, p99 " + ShortMilliseconds(measured.latency.Quantile(0.99)) + " ms";
    if (measured.failed > 0) text += ", " + std::to_string(measured.failed) + " failed";
  }
  if (!round.problem.empty()) text += (text.empty() ? "" : "; ") + round.problem;
  return text;
}

// All targets under one load.
class SectionRun {
 public:
  SectionRun(const CompareOptions& options, const CompareLoad& load, const Gpus* gpus, int stop_fd,
             std::ostream& progress)
      : options_(options), load_(load), gpus_(gpus), stop_fd_(stop_fd), progress_(progress) {}

  CompareSection Run(const OpenTarget& open);

 private:
  // One that is measured.
  struct Runner {
    std::shared_ptr<Target> target;  // null: it could not be opened; shared with whoever keeps it for the next load
    BenchOptions ask;
    std::string problem;  // why not, or what became of it
    double goodput_before = 0;
  };

  void OpenAll(const OpenTarget& open, CompareSection& section);
  CompareRound RunRound(size_t target, int number);
  Result<Measurement> MeasureOne(size_t target, int number, CompareRound& round);
  Result<Measurement> MeasureGoodput(size_t target, int number, CompareRound& round);
  void Say(size_t target, int number, const std::string& text) const;
  bool IsStopped() const { return IsReadable(stop_fd_); }

  const CompareOptions& options_;
  const CompareLoad& load_;
  const Gpus* const gpus_;
  const int stop_fd_;
  std::ostream& progress_;
  std::vector<Runner> runners_;
};

void SectionRun::OpenAll(const OpenTarget& open, CompareSection& section) {
  for (const CompareTarget& target : options_.targets) {
    Runner& runner = runners_.emplace_back(Runner{.ask = OptionsOf(options_, target, load_)});
    CompareRow& row = section.rows.emplace_back();
    if (IsStopped()) continue;
    Result<std::shared_ptr<Target>> opened = open(target, runner.ask);
    if (!opened.ok()) {
      runner.problem = Visible(opened.status().message());
      progress_ << "trireme: " << Describe(load_) << ": " << target.name << ": " << runner.problem << std::endl;
      continue;
    }
    runner.target = *std::move(opened);
    const TargetFacts& facts = runner.target->facts();
    row.model = facts.model;
    row.inputs = facts.inputs;
    row.server = facts.server;
  }
}

Result<Measurement> SectionRun::MeasureOne(size_t target, int number, CompareRound& round) {
  if (load_.kind == CompareLoad::Kind::kGoodput) return MeasureGoodput(target, number, round);
  Runner& runner = runners_[target];
  LoadPlan plan = PlanOf(runner.ask);
  plan.seed = SeedOf(options_, number);
  plan.stop_fd = stop_fd_;
  return Measure(*runner.target, std::move(plan), gpus_);
}

// The search, and then the machine at the rate that it found.
Result<Measurement> SectionRun::MeasureGoodput(size_t target, int number, CompareRound& round) {
  Runner& runner = runners_[target];
  GoodputPlan plan = GoodputPlanOf(runner.ask);
  plan.first = kBracket * runner.goodput_before;
  plan.seed = SeedOf(options_, number);
  plan.stop_fd = stop_fd_;
  ASSIGN_OR_RETURN(Goodput found, FindGoodput(*runner.target, plan, [&](const GoodputTry& each) {
                     Say(target, number, DescribeTry(each, plan.goal));
                   }));
  Measurement measured;
  if (found.per_second > 0 && !found.interrupted) {
    BenchOptions at_rate = runner.ask;
    at_rate.per_second = found.per_second;
    at_rate.connections = static_cast<int>(ConnectionsFor(found.per_second, plan));
    LoadPlan load = PlanOf(at_rate);
    load.stop_fd = stop_fd_;
    ASSIGN_OR_RETURN(measured, Measure(*runner.target, std::move(load), gpus_));
    // The search has decided; whatever this load came to, it only says what the machine did.
    if (!measured.interrupted()) measured.early_end.reset();
  }
  measured.per_second = found.per_second;
  measured.latency = found.latency;
  measured.failures = found.failures;
  measured.failed = 0;
  if (found.interrupted) measured.early_end = {.why = EarlyEnd::Why::kInterrupted, .text = "interrupted"};
  runner.goodput_before = found.per_second;
  round.goodput = std::move(found);
  return measured;
}

CompareRound SectionRun::RunRound(size_t target, int number) {
  CompareRound round{.number = number};
  Runner& runner = runners_[target];
  if (runner.target == nullptr) {
    round.problem = runner.problem;
    return round;
  }
  // One that has gone may have come back; its connections are refused at once, which would cost a window to find out.
  if (!runner.problem.empty()) {
    if (const Status there = runner.target->Probe(); !there.ok()) {
      round.problem = "still not there: " + Visible(there.message());
      return round;
    }
  }
  runner.problem.clear();
  Result<Measurement> measured = MeasureOne(target, number, round);
  if (!measured.ok()) {
    round.problem = Visible(measured.status().message());
    return round;
  }
  const bool ended_early = measured->early_end.has_value();
  if (ended_early) round.problem = Visible(measured->early_end->text);
  if (!measured->failures.empty()) {
    if (const Status there = runner.target->Probe(); !there.ok()) {
      round.problem = runner.problem = "has gone: " + Visible(there.message());
    }
  }
  const bool is_silent = !round.goodput && measured->latency.count() == 0 && measured->failed == 0;
  if (is_silent && round.problem.empty()) {
    round.problem = "no answer came within the window of " + std::to_string(options_.window.count()) + " ms";
  }
  round.counts = !ended_early && !is_silent && runner.problem.empty();
  round.measured = *std::move(measured);
  return round;
}

void SectionRun::Say(size_t target, int number, const std::string& text) const {
  progress_ << "trireme: " << Describe(load_) << ", round " << number << " of " << options_.rounds << ": "
            << options_.targets[target].name << ": " << text << std::endl;
}

CompareSection SectionRun::Run(const OpenTarget& open) {
  CompareSection section{.load = load_};
  OpenAll(open, section);
  for (int number = 1; number <= options_.rounds; ++number) {
    for (const size_t target : OrderOf(options_.targets.size(), options_.seed, number)) {
      if (IsStopped()) return section;
      CompareRound round = RunRound(target, number);
      if (runners_[target].target != nullptr) Say(target, number, DescribeRound(round));
      section.rows[target].rounds.push_back(std::move(round));
    }
  }
  return section;
}

// Servers are asked anew for each load, since they may have come back; a model in this process stays open.
class TargetOpener {
 public:
  explicit TargetOpener(const OpenLocalModel& open_model) : open_model_(open_model) {}

  Result<std::shared_ptr<Target>> operator()(const CompareTarget& target, const BenchOptions& ask) {
    if (!target.local) {
      ASSIGN_OR_RETURN(std::shared_ptr<Target> server, ServerTarget::Open(ask));
      return server;
    }
    std::shared_ptr<Target>& kept = local_[target.name];
    if (kept == nullptr) {
      ASSIGN_OR_RETURN(kept, LocalTarget::Open(*target.local, ask, open_model_));
    }
    return kept;
  }

 private:
  const OpenLocalModel& open_model_;
  std::map<std::string, std::shared_ptr<Target>> local_;  // shared with the load that is going on
};

}  // namespace

CompareReport Compare(const CompareOptions& options, const OpenTarget& open, const Gpus* gpus, int stop_fd,
                      std::ostream& progress) {
  CompareReport report{.options = options, .facts = OwnFacts(time(nullptr))};
  report.facts.command = Visible(report.facts.command);
  for (const CompareLoad& load : options.loads) {
    if (IsReadable(stop_fd)) break;
    report.sections.push_back(SectionRun(options, load, gpus, stop_fd, progress).Run(open));
  }
  report.interrupted = IsReadable(stop_fd);
  return report;
}

int RunCompare(const CompareOptions& options, const OpenLocalModel& open_model, std::ostream& out, std::ostream& err) {
  Status checked = Check(options);
  if (checked.ok()) checked = CheckReports(options.reports);
  if (!checked.ok()) {
    err << "trireme: " << Visible(checked.message()) << '\n';
    return kExitUsage;
  }
  // Before there are threads that would take the signals.
  const Interrupts interrupts;
  const std::unique_ptr<Gpus> gpus = Gpus::Open();
  TargetOpener opener(open_model);
  const CompareReport report = Compare(options, std::ref(opener), gpus.get(), interrupts.fd(), err);
  out << (options.json ? Json(report) : Table(report)) << std::flush;
  if (const Status status = WriteReports(options.reports, report); !status.ok()) {
    err << "trireme: " << Visible(status.message()) << '\n';
    return kExitFailed;
  }
  return report.is_whole() ? 0 : kExitFailed;
}

}  // namespace trireme::bench
