// SPDX-License-Identifier: Apache-2.0
#include "scheduler/testing/simulated_server.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <queue>
#include <random>
#include <utility>

#include "scheduler/line_planner.h"
#include "scheduler/processors.h"

namespace trireme::simulation {
namespace {

const TimePoint kStart{std::chrono::hours(1)};
constexpr size_t kRowBytes = 1000;
constexpr size_t kFixedLine = 1024;  // requests that wait, as a server has it that only bounds its line

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

Duration Times(Duration time, double factor) {
  return std::chrono::duration_cast<Duration>(time * factor);
}

// What happens next.
struct Event {
  TimePoint at;
  uint64_t number = 0;  // of equal times the first that was planned goes first
  std::function<void()> happen;

  bool operator>(const Event& other) const { return at != other.at ? at > other.at : number > other.number; }
};

class Timeline {
 public:
  TimePoint now() const { return now_; }

  void Plan(TimePoint at, std::function<void()> happen) {
    events_.push({.at = at, .number = planned_++, .happen = std::move(happen)});
  }

  void RunUntil(TimePoint end) {
    while (!events_.empty() && events_.top().at <= end) {
      Event event = events_.top();
      events_.pop();
      now_ = event.at;
      event.happen();
    }
  }

 private:
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  uint64_t planned_ = 0;
  TimePoint now_ = kStart;
};

// A model, its requests and what becomes of them, whatever decides.
class SimulatedModel {
 public:
  SimulatedModel(const Traffic& traffic, const Rules& rules, Timeline& timeline, uint64_t seed)
      : traffic_(traffic), rules_(rules), timeline_(timeline), random_(seed), arrivals_(~seed) {}
  virtual ~SimulatedModel() = default;

  void Begin() { PlanArrival(); }

  Outcome Finish() {
    outcome_.seconds = Seconds(rules_.length - rules_.measured_from);
    outcome_.busy = Seconds(busy_) / (Seconds(rules_.length) * rules_.processors);
    std::ranges::sort(latencies_);
    const auto at = [&](double q) {
      return latencies_.empty() ? Duration(0)
                                : latencies_[static_cast<size_t>(q * static_cast<double>(latencies_.size() - 1))];
    };
    outcome_.p50 = at(0.5);
    outcome_.p99 = at(0.99);
    std::ranges::sort(errors_);
    if (!errors_.empty())
      outcome_.error_p90 = errors_[static_cast<size_t>(0.9 * static_cast<double>(errors_.size() - 1))];
    Describe(outcome_);
    return outcome_;
  }

 protected:
  virtual void Arrive(RequestPtr request) = 0;
  virtual void Describe(Outcome& /*outcome*/) {}

  // As the scheduler's clock has it.
  TimePoint Told() const {
    const TimePoint now = timeline_.now();
    return rules_.clock_error ? now + rules_.clock_error(now - kStart) : now;
  }

  bool IsMeasured(const InferRequest& request) const {
    const TimePoint came = CameAt(request);
    return came >= kStart + rules_.measured_from && came < kStart + rules_.length - Times(traffic_.goal.latency, 2);
  }

  Duration Draw(int64_t rows, int64_t width, Arrangement arrangement) {
    Duration run = arrangement == Arrangement::kWide ? traffic_.curve.wide(rows) : traffic_.curve.narrow(rows);
    run = Times(run, static_cast<double>(width));
    run = Times(run, std::max(0.5, 1 + traffic_.curve.spread * std::normal_distribution<double>()(random_)));
    if (traffic_.curve.vary > 1) {
      run = Times(run,
                  std::exp(std::log(traffic_.curve.vary) * (std::uniform_real_distribution<double>()(random_) - 0.5)));
    }
    return run;
  }

  void Refuse(const InferRequest& request) {
    if (IsMeasured(request)) ++outcome_.refused;
  }

  void Answer(const InferRequest& request, TimePoint now) {
    if (!IsMeasured(request)) return;
    const Duration took = now - CameAt(request);
    latencies_.push_back(took);
    ++(took <= traffic_.goal.latency ? outcome_.in_time : outcome_.late);
    if (request.stages.predicted == TimePoint()) return;
    errors_.push_back(std::abs(Seconds(Told() - request.stages.predicted)) / Seconds(took));
  }

  const Traffic& traffic_;
  const Rules& rules_;
  Timeline& timeline_;
  std::mt19937_64 random_;
  Duration busy_{0};
  Outcome outcome_;

 private:
  // By the clock that is right, which the scheduler does not have: its own stages are as it was told.
  static TimePoint CameAt(const InferRequest& request) { return request.stages.awaited; }

  static NamedTensor Input(int64_t width) {
    NamedTensor input{.name = "x", .tensor = {}};
    input.tensor.shape = {1, width};
    return input;
  }

  int64_t DrawWidth() {
    if (traffic_.widths.size() == 1) return traffic_.widths.front();
    return traffic_.widths[std::uniform_int_distribution<size_t>(0, traffic_.widths.size() - 1)(arrivals_)];
  }

  // A Poisson process of a changing rate: by the rate of this moment.
  void PlanArrival() {
    const double rate = traffic_.rate(timeline_.now() - kStart);
    if (rate <= 0) return timeline_.Plan(timeline_.now() + std::chrono::milliseconds(100), [this] { PlanArrival(); });
    const double wait = std::min(std::exponential_distribution<double>(rate)(arrivals_), 1e6);
    const auto gap = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(wait));
    constexpr Duration kLook = std::chrono::milliseconds(100);  // the rate may be another by then
    if (gap > kLook) return timeline_.Plan(timeline_.now() + kLook, [this] { PlanArrival(); });
    timeline_.Plan(timeline_.now() + gap, [this] {
      auto request = std::make_unique<InferRequest>();
      const int64_t width = DrawWidth();
      request->inputs.push_back(Input(width));
      request->bytes = kRowBytes * static_cast<size_t>(width);
      request->stages.awaited = timeline_.now();
      request->stages.received = request->stages.queued = Told();
      if (IsMeasured(*request)) ++outcome_.arrived;
      Arrive(std::move(request));
      PlanArrival();
    });
  }

  std::mt19937_64 arrivals_;  // their own, so that requests come alike whatever becomes of them
  std::vector<Duration> latencies_;
  std::vector<double> errors_;
};

// A line of this server.
class PlannedModel final : public SimulatedModel {
 public:
  PlannedModel(const Traffic& traffic, const Rules& rules, Timeline& timeline, uint64_t seed, Processors& processors)
      : SimulatedModel(traffic, rules, timeline, seed),
        processors_(processors),
        member_(processors.Join(traffic.weight, [this] { Dispatch(); })),
        planner_({.rules = {.max_rows = traffic.max_rows},
                  .goal = rules.has_goals ? std::optional(traffic.goal) : std::nullopt,
                  .instances = rules.processors,
                  .processors = rules.processors}) {
    // As a load measures it.
    for (int64_t rows = 1; rows <= traffic.max_rows; rows *= 2) Learn(rows, Arrangement::kNarrow);
    if (!traffic.curve.wide || rules.processors == 1) return;
    Learn(1, Arrangement::kWide);
    planner_.HaveWide();
  }

 private:
  void Learn(int64_t rows, Arrangement arrangement) {
    planner_.Learn({.rows = rows, .bytes = kRowBytes * static_cast<size_t>(rows), .arrangement = arrangement},
                   Draw(rows, 1, arrangement));
  }

  void Arrive(RequestPtr request) override {
    ++came_;
    const TimePoint now = Told();
    planner_.Arrived(*request, static_cast<double>(planner_.queue().size()) + processors_.at_work(), now);
    if (planner_.Promises(*request)) {
      const Processors::View view = processors_.Look(*member_, now);
      LinePlanner::Expectation expectation = planner_.Expect(*request, view, now);
      if (expectation.is_refused && planner_.Grow(now)) expectation = planner_.Expect(*request, view, now);
      if (expectation.is_refused) {
        planner_.Refused(now);
        return Refuse(*request);
      }
      request->stages.predicted = expectation.predicted;
    }
    planner_.Push(std::move(request));
    Dispatch();
  }

  void Dispatch() {
    while (running_ < rules_.processors) {
      LinePlanner::Begun begun = planner_.Begin(processors_, *member_, Told(), false);
      for (Expired& one : begun.taken.expired) Refuse(*one.request);
      Processors::Notify(begun.grants);
      if (!begun.place) return;
      Start(std::move(begun));
    }
  }

  void Start(LinePlanner::Begun begun) {
    ++running_;
    const auto rows = static_cast<int64_t>(begun.taken.batch.size());
    const int64_t width = begun.taken.batch.front()->inputs[0].tensor.shape[1];
    const Arrangement arrangement = begun.place->arrangement;
    const Duration run = Draw(rows, width, arrangement);
    const TimePoint began = Told();
    auto work = std::make_shared<LinePlanner::Begun>(std::move(begun));
    timeline_.Plan(timeline_.now() + run, [this, work, rows, width, run, began, arrangement] {
      const TimePoint now = Told();
      busy_ += Times(run, arrangement == Arrangement::kWide ? rules_.processors : 1);
      const RunSize size = {
          .rows = rows, .bytes = kRowBytes * static_cast<size_t>(rows * width), .arrangement = arrangement};
      planner_.Ran(size, now - began, now);
      ran_ += work->taken.batch.size();
      for (const RequestPtr& request : work->taken.batch) {
        planner_.Answered(
            {.received = request->stages.received, .predicted = request->stages.predicted, .answered = now});
        Answer(*request, timeline_.now());
      }
      --running_;
      NoteChanges();
      Processors::Notify(processors_.GiveBack(*member_, *work->place, now, planner_.NextWish(now)));
      Dispatch();
    });
  }

  void NoteChanges() {
    const LinePlanner::Account account = planner_.account(Told());
    const auto state = std::pair(account.batch_rows, account.arrangement);
    const bool is_measured = timeline_.now() > kStart + rules_.measured_from;
    if (is_measured && state != last_) ++outcome_.changes;
    if (is_measured && state.second != last_.second) ++outcome_.swings;
    last_ = state;
    if (!is_measured) least_ = most_ = account.margin;
    least_ = std::min(least_, account.margin);
    most_ = std::max(most_, account.margin);
  }

  void Describe(Outcome& outcome) override {
    const LinePlanner::Capacity capacity = planner_.capacity();
    const double wanted = outcome.busy * static_cast<double>(came_) / static_cast<double>(std::max<uint64_t>(ran_, 1));
    const double saving = static_cast<double>(capacity.when_full.count()) /
                          static_cast<double>(std::max<Duration::rep>(capacity.as_run.count(), 1));
    outcome.load = wanted * saving / capacity.utilisation;
    outcome.least_margin = least_;
    outcome.most_margin = most_;
  }

  Processors& processors_;
  const std::shared_ptr<Processors::Member> member_;
  LinePlanner planner_;
  int running_ = 0;
  uint64_t came_ = 0;
  uint64_t ran_ = 0;
  std::pair<int64_t, Arrangement> last_;
  double least_ = 1, most_ = 1;
};

// A line of a server that was set by hand. Runs of more threads than there are processors take turns.
class FixedModel final : public SimulatedModel {
 public:
  FixedModel(const Traffic& traffic, const Rules& rules, Timeline& timeline, uint64_t seed, int& threads_at_work)
      : SimulatedModel(traffic, rules, timeline, seed),
        setting_(*rules.fixed),
        threads_at_work_(threads_at_work),
        queue_({.max_rows = setting_.batch, .max_delay = setting_.delay}) {}

 private:
  void Arrive(RequestPtr request) override {
    if (queue_.size() >= kFixedLine) return Refuse(*request);
    queue_.Push(std::move(request));
    Dispatch();
  }

  void Dispatch() {
    while (running_ < setting_.callers && !queue_.empty()) {
      Taken taken = queue_.TakeIfDue(timeline_.now());
      if (!taken.batch.empty()) {
        Start(std::move(taken.batch));
        continue;
      }
      const TimePoint due = queue_.NextDue();
      if (due > timeline_.now() && due != kNever) timeline_.Plan(due, [this] { Dispatch(); });
      return;
    }
  }

  void Start(std::vector<RequestPtr> batch) {
    ++running_;
    threads_at_work_ += setting_.threads;
    const bool wide = setting_.threads > 1 && traffic_.curve.wide;
    const int64_t width = batch.front()->inputs[0].tensor.shape[1];
    const double crowd = std::max(1.0, static_cast<double>(threads_at_work_) / rules_.processors);
    const Duration run =
        Times(Draw(static_cast<int64_t>(batch.size()), width, wide ? Arrangement::kWide : Arrangement::kNarrow), crowd);
    auto work = std::make_shared<std::vector<RequestPtr>>(std::move(batch));
    timeline_.Plan(timeline_.now() + run, [this, work] {
      for (const RequestPtr& request : *work) Answer(*request, timeline_.now());
      --running_;
      threads_at_work_ -= setting_.threads;
      Dispatch();
    });
  }

  const FixedSetting setting_;
  int& threads_at_work_;
  BatchQueue queue_;
  int running_ = 0;
};

}  // namespace

std::vector<Outcome> Simulate(const std::vector<Traffic>& traffic, const Rules& rules) {
  Timeline timeline;
  Processors processors(rules.processors);
  int threads_at_work = 0;
  std::vector<std::unique_ptr<SimulatedModel>> models;
  for (const Traffic& one : traffic) {
    const uint64_t seed = rules.seed * 1000 + models.size();
    if (rules.fixed) {
      models.push_back(std::make_unique<FixedModel>(one, rules, timeline, seed, threads_at_work));
    } else {
      models.push_back(std::make_unique<PlannedModel>(one, rules, timeline, seed, processors));
    }
  }
  for (auto& model : models) model->Begin();
  timeline.RunUntil(kStart + rules.length);
  std::vector<Outcome> outcomes;
  for (auto& model : models) outcomes.push_back(model->Finish());
  return outcomes;
}

}  // namespace trireme::simulation
