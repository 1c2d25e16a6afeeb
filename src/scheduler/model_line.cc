// SPDX-License-Identifier: Apache-2.0
#include "scheduler/model_line.h"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/executor.h"
#include "base/task.h"
#include "base/thread_pool.h"

namespace trireme {
namespace {

// A hand-off to an instance and back costs 5-15 us (docs/performance.md); a loop that is busy for longer than this
// keeps its other connections waiting.
constexpr Duration kLongestInlineRun = std::chrono::microseconds(100);

// Requests that share a run are copied into one: what is longer than this is served better by a run of its own.
constexpr size_t kMostGatheredBytes = size_t{16} << 10;

RunSize SizeOf(const std::vector<RequestPtr>& batch) {
  RunSize size{.rows = 0};
  for (const RequestPtr& request : batch) {
    size.rows += request->rows;
    size.bytes += request->bytes;
  }
  return size;
}

}  // namespace

ModelLine::ModelLine(ModelId id, Signature signature, std::unique_ptr<OpenModel> model, Options options,
                     MemoryPool& pool, ModelMetrics& metrics, const Clock& clock)
    : id_(std::move(id)),
      signature_(std::move(signature)),
      options_(std::move(options)),
      clock_(clock),
      model_(std::move(model)),
      metrics_(metrics),
      processors_(options_.processors ? options_.processors : std::make_shared<Processors>(options_.instances)),
      member_(processors_->Join(options_.weight, [this] { PlaceGranted(); })),
      runner_(id_, signature_, pool, clock, metrics, options_.decoupled, options_.shapes.get()),
      order_(options_.rules.preserve_ordering ? std::make_unique<AnswerOrder>() : nullptr),
      planner_({.rules = options_.rules,
                .goal = options_.goal,
                .instances = options_.instances,
                .processors = processors_->count()}) {
  CHECK(options_.instances > 0);
  for (const Options::SeenRun& seen : options_.seen_runs) planner_.Learn(seen.size, seen.took);
  metrics_.ShowLine(this, [this] { return account(); });
  instances_.reserve(options_.instances);
  try {
    for (int i = 0; i < options_.instances; ++i) {
      instances_.emplace_back([this, i] { WorkAsInstance(i); });
    }
  } catch (const std::system_error&) {
    // The system gives no more threads. Those there are do the same work.
  }
}

ModelLine::~ModelLine() {
  Close();
}

// What a loop brings in one turn. It holds an instance's place from the first request on, and owns itself until the
// loop runs it, at the end of the turn.
class ModelLine::Turn final : public Task {
 public:
  Turn(ModelLine& line, Executor& loop) : line_(line), loop_(loop) {}

  Executor& loop() const { return loop_; }

  void Run() override { line_.End(std::unique_ptr<Turn>(this)); }

  // Touched on the loop alone.
  bool working = false;  // answers are being given, and may bring further requests
  bool goes_on = false;  // they did

 private:
  ModelLine& line_;
  Executor& loop_;
};

void ModelLine::Push(RequestPtr request) {
  request->stages.queued = clock_.Now();
  Executor* const loop = request->loop;
  const Entry entry = Enter(request);
  if (request == nullptr) {
    if (entry.wake) changed_.NotifyOne();
    if (entry.begun != nullptr) loop->Post(entry.begun);
    if (entry.full != nullptr) WorkOff(*entry.full);
  } else if (!entry.refused.ok()) {
    runner_.Refuse(std::move(request), entry.refused);
  } else {
    Job job;
    job.taken.batch.push_back(std::move(request));
    job.model = model_.get();
    Work(std::move(job));
  }
}

// Takes the request into the line; or leaves it, with an instance's place if it is to run here and now.
ModelLine::Entry ModelLine::Enter(RequestPtr& request) {
  const MutexLock lock(mutex_);
  if (Status refused = WhyRefused(*request); !refused.ok()) return {.refused = std::move(refused)};
  request->deadline = planner_.queue().DeadlineOf(*request);
  const bool is_cheap = IsCheap(*request);
  const bool gathers = is_cheap && Gathers(*request);
  Turn* const turn = gathers ? TurnOf(*request->loop) : nullptr;
  const bool is_free = planner_.queue().empty() && running_ < options_.instances;
  const bool waits = !is_cheap || (turn == nullptr && !is_free);
  if (waits) {
    if (Status late = WhyLate(*request); !late.ok()) return {.refused = std::move(late)};
  }
  if (order_) order_->Enter(*request);
  if (waits) return Wait(request);
  if (gathers) return GatherOnLoop(request, turn);
  ++running_;
  return {};
}

// Whether it shares a run with what else its loop brings in this turn.
bool ModelLine::Gathers(const InferRequest& request) const {
  return options_.rules.max_rows > 1 && request.bytes <= kMostGatheredBytes && request.loop != nullptr &&
         request.loop->OnThread();
}

ModelLine::Turn* ModelLine::TurnOf(const Executor& loop) const {
  const auto place = std::ranges::find_if(turns_, [&loop](const Turn* turn) { return &turn->loop() == &loop; });
  return place == turns_.end() ? nullptr : *place;
}

// `turn`: null if this is the first that it brings.
ModelLine::Entry ModelLine::GatherOnLoop(RequestPtr& request, Turn* turn) {
  Entry entry;
  if (turn == nullptr) {
    auto begun = std::make_unique<Turn>(*this, *request->loop);
    turns_.push_back(begun.get());
    turn = entry.begun = begun.release();
    ++running_;
  }
  Wait(request);
  if (turn->working) {
    turn->goes_on = true;
  } else if (planner_.queue().rows() >= options_.rules.max_rows) {
    entry.full = turn;
  }
  return entry;
}

ModelLine::Entry ModelLine::Wait(RequestPtr& request) {
  const bool is_urgent = request->deadline < sleeps_until_;
  planner_.Push(std::move(request));
  metrics_.AddWaiting(1);
  // Without a free place the sleeper could do nothing yet; whoever gives one back wakes it.
  const bool could_run = running_ < options_.instances && (!awaits_place_ || is_urgent);
  return {.refused = {}, .wake = asleep_ > 0 && could_run};
}

// What is promised to the request is noted in it.
Status ModelLine::WhyLate(InferRequest& request) {
  if (!planner_.NotesArrivals() && !planner_.Promises(request)) return {};
  CountArrival(request);
  return PromiseOrRefuse(request);
}

Status ModelLine::CheckAhead(InferRequest& request) {
  request.stages.queued = clock_.Now();
  const MutexLock lock(mutex_);
  request.deadline = planner_.queue().DeadlineOf(request);
  const bool runs_at_once = IsCheap(request) && planner_.queue().empty() && running_ < options_.instances;
  if (runs_at_once) return {};
  Status refused = PromiseOrRefuse(request);
  if (!refused.ok()) CountArrival(request);
  return refused;
}

void ModelLine::CountArrival(const InferRequest& request) {
  const auto company = static_cast<double>(planner_.queue().size()) + processors_->at_work();
  planner_.Arrived(request, company, request.stages.queued);
}

Status ModelLine::PromiseOrRefuse(InferRequest& request) {
  const TimePoint now = request.stages.queued;
  if (!planner_.Promises(request)) return {};
  const Processors::View view = processors_->Look(*member_, now);
  LinePlanner::Expectation expectation = planner_.Expect(request, view, now);
  if (expectation.is_refused && planner_.Grow(now)) expectation = planner_.Expect(request, view, now);
  request.stages.predicted = expectation.predicted;
  if (!expectation.is_refused) return {};
  planner_.Refused(now);
  metrics_.CountPredictedLate();
  return planner_.WhyRefused(id_.name, request, expectation);
}

Status ModelLine::WhyRefused(const InferRequest& request) const {
  if (closing_) {
    return Unavailable("model '" + id_.name + "' version " + std::to_string(id_.version) + " is being unloaded");
  }
  const BatchQueue::Bound bound = planner_.queue().BrokenBy(request);
  if (bound != BatchQueue::Bound::kNone) return WhyNoRoom(bound, request);
  if (order_ == nullptr || order_->held() + planner_.queue().size() < options_.rules.max_waiting_requests) return {};
  return Overloaded("model '" + id_.name + "' has too many answers that wait for those of earlier requests: " +
                    std::to_string(order_->held()) + " do, and " + std::to_string(planner_.queue().size()) +
                    " requests are in line (preserve_ordering is on, max-waiting-requests is " +
                    std::to_string(options_.rules.max_waiting_requests) + "); try again later");
}

Status ModelLine::WhyNoRoom(BatchQueue::Bound bound, const InferRequest& request) const {
  const BatchRules& rules = options_.rules;
  const BatchQueue& queue = planner_.queue();
  std::string where = "the line of model '" + id_.name + "' is full";
  size_t waiting = queue.size();
  std::string which;
  switch (bound) {
    case BatchQueue::Bound::kBytes:
      which = std::to_string(queue.bytes()) + " bytes, max-waiting-bytes is " + std::to_string(rules.max_waiting_bytes);
      break;
    case BatchQueue::Bound::kLevel: {
      const uint32_t level = queue.LevelOf(request);
      if (rules.priority_levels > 0) where += " at priority level " + std::to_string(level);
      waiting = queue.WaitingIn(level);
      which = "max_queue_size of its queue policy is " + std::to_string(queue.PolicyOf(level).max_waiting_requests);
      break;
    }
    default:
      which = "max-waiting-requests is " + std::to_string(rules.max_waiting_requests);
  }
  return Overloaded(where + ": " + std::to_string(waiting) + " requests wait (" + which + "); try again later");
}

bool ModelLine::IsCheap(const InferRequest& request) const {
  if (!options_.run_inline || options_.decoupled) return false;
  return request.deadline > request.stages.queued && IsShort(request.rows, request.bytes);
}

bool ModelLine::IsShort(int64_t rows, size_t bytes) const {
  const auto expected = planner_.Expected({.rows = rows, .bytes = bytes});
  // A load runs made-up values: what a loop may be kept busy with has to be seen in earnest.
  return expected && expected->served > 0 && expected->typical <= kLongestInlineRun;
}

void ModelLine::WorkAsInstance(int number) {
  NameThisThread(id_.name.substr(0, 12) + "#" + std::to_string(number));
  Job job;
  while (TakeJob(job)) Work(std::exchange(job, Job()));
}

// Waits until something is due, an instance's place is free and one on the processors. False: the line is closed and
// empty.
bool ModelLine::TakeJob(Job& job) {
  while (true) {
    Processors::Grants grants;
    bool wakes_another = false;
    {
      const MutexLock lock(mutex_);
      while (!FindJob(job, grants) && grants.empty()) {
        if (closing_ && planner_.queue().empty()) return false;
        SleepUntilNews();
      }
      // Who was woken for the first of several sees to the next.
      wakes_another = asleep_ > 0 && !planner_.queue().empty() && !awaits_place_ && running_ < options_.instances;
    }
    if (wakes_another) changed_.NotifyOne();
    Processors::Notify(grants);
    if (!job.taken.empty()) return true;
  }
}

bool ModelLine::FindJob(Job& job, Processors::Grants& grants) {
  if (running_ >= options_.instances) return false;
  LinePlanner::Begun begun = planner_.Begin(*processors_, *member_, clock_.Now(), /*flush=*/closing_);
  awaits_place_ = begun.awaits_place;
  may_hold_place_ = false;
  grants = std::move(begun.grants);
  if (begun.taken.empty()) return false;
  metrics_.AddWaiting(-static_cast<int64_t>(begun.taken.size()));
  ++running_;
  job.taken = std::move(begun.taken);
  job.place = begun.place;
  job.model = begun.place && begun.place->arrangement == Arrangement::kWide ? wide_.get() : model_.get();
  return true;
}

void ModelLine::SleepUntilNews() {
  ++asleep_;
  sleeps_until_ = running_ >= options_.instances ? kNever
                  : awaits_place_                ? planner_.queue().NextExpiry()
                                                 : planner_.NextDue();
  if (sleeps_until_ == kNever) {
    changed_.Wait(mutex_);
  } else {
    changed_.WaitUntil(mutex_, sleeps_until_);
  }
  --asleep_;
}

// On the thread that gave a place back.
void ModelLine::PlaceGranted() {
  {
    const MutexLock lock(mutex_);
    awaits_place_ = false;
    may_hold_place_ = true;
  }
  changed_.NotifyOne();
}

// Does what TakeJob() or Push() took, and gives its places back.
void ModelLine::Work(Job job) {
  const std::optional<Processors::Place> place = job.place;
  const std::optional<Ran> ran = Run(std::move(job));
  Processors::Grants grants;
  {
    const MutexLock lock(mutex_);
    Record(ran);
    --running_;
    if (place) {
      const TimePoint now = clock_.Now();
      grants = processors_->GiveBack(*member_, *place, now, planner_.NextWish(now));
      // What was asked for before may be granted with it, of which nobody is told.
      may_hold_place_ = true;
      awaits_place_ = false;
    }
    // An instance goes on itself; a loop does not. Close() waits for the last one, and once it has this lock the line
    // may be gone.
    if (closing_ || (!place && SleepersHaveWork())) changed_.NotifyAll();
  }
  Processors::Notify(grants);
}

// On the turn's loop. What takes long, or may, is left to an instance.
void ModelLine::WorkOff(Turn& turn) {
  // Called under the lock.
  const auto may_take = [this](int64_t rows, size_t bytes) NO_THREAD_SAFETY_ANALYSIS { return IsShort(rows, bytes); };
  std::optional<Ran> ran;
  std::optional<size_t> left;  // what comes meanwhile may be another loop's
  do {
    Job job;
    job.model = model_.get();
    {
      const MutexLock lock(mutex_);
      Record(ran);
      if (!left) left = planner_.queue().size();
      if (*left > 0) job.taken = planner_.TakeInline(clock_.Now(), may_take);
      metrics_.AddWaiting(-static_cast<int64_t>(job.taken.size()));
      *left -= std::min(*left, job.taken.size());
      turn.working = !job.taken.empty();
    }
    ran = Run(std::move(job));
  } while (turn.working);
}

void ModelLine::End(std::unique_ptr<Turn> turn) {
  WorkOff(*turn);
  if (std::exchange(turn->goes_on, false)) {
    Executor& loop = turn->loop();
    loop.Post(turn.release());
    return;
  }
  const MutexLock lock(mutex_);
  std::erase(turns_, turn.get());
  GiveBackTurn();
}

std::optional<ModelLine::Ran> ModelLine::Run(Job job) {
  try {
    runner_.AnswerExpired(std::move(job.taken.expired));
    if (job.taken.batch.empty()) return std::nullopt;
    Ran ran{.size = SizeOf(job.taken.batch)};
    if (job.place) ran.size.arrangement = job.place->arrangement;
    ran.fared = PromisesOf(job.taken.batch);
    const bool is_wide = ran.size.arrangement == Arrangement::kWide;
    ran.took = runner_.Run(*job.model, std::move(job.taken.batch), is_wide ? processors_->count() : options_.threads);
    ran.answered = clock_.Now();
    return ran;
  } catch (const std::bad_alloc&) {
    return std::nullopt;  // the requests that were lost with it have been answered by their replies
  }
}

std::vector<LinePlanner::Fared> ModelLine::PromisesOf(const std::vector<RequestPtr>& batch) const {
  std::vector<LinePlanner::Fared> promises;
  for (const RequestPtr& request : batch) {
    if (!options_.goal && request->deadline == kNever) continue;
    promises.push_back({.received = request->stages.received,
                        .predicted = request->stages.predicted,
                        .answered = {},
                        .deadline = request->deadline});
  }
  return promises;
}

void ModelLine::Record(const std::optional<Ran>& ran) {
  if (!ran) return;
  if (ran->took) planner_.Ran(ran->size, *ran->took, ran->answered);
  for (LinePlanner::Fared fared : ran->fared) {
    fared.answered = ran->answered;
    if (planner_.Answered(fared)) metrics_.CountLate();
  }
}

// Of a loop. A sleeper may wait for it; Close() waits for the last one, and once it has that lock the line may be gone.
void ModelLine::GiveBackTurn() {
  --running_;
  if (closing_ || SleepersHaveWork()) changed_.NotifyAll();
}

// Requests, or a place to give back that nobody needs.
bool ModelLine::SleepersHaveWork() const {
  return asleep_ > 0 && (may_hold_place_ || (!planner_.queue().empty() && !awaits_place_));
}

void ModelLine::AddWide(std::unique_ptr<OpenModel> wide, size_t row_bytes, Duration row) {
  const MutexLock lock(mutex_);
  if (closing_ || wide_ != nullptr) return;  // the model goes as it came
  wide_ = std::move(wide);
  if (row > Duration(0)) planner_.Learn({.rows = 1, .bytes = row_bytes, .arrangement = Arrangement::kWide}, row);
  planner_.HaveWide();
}

LinePlanner::Account ModelLine::account() const {
  const MutexLock lock(mutex_);
  return planner_.account(clock_.Now());
}

LinePlanner::Capacity ModelLine::capacity() const {
  const MutexLock lock(mutex_);
  return planner_.capacity();
}

void ModelLine::Close() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& instance : instances_) instance.join();
  instances_.clear();
  {
    const MutexLock lock(mutex_);
    while (running_ > 0) changed_.Wait(mutex_);
  }
  metrics_.HideLine(this);
  if (model_ == nullptr) return;  // it was closed before
  processors_->Leave(*member_, clock_.Now());
  {
    const MutexLock lock(mutex_);
    wide_.reset();
  }
  model_.reset();
}

size_t ModelLine::waiting() const {
  const MutexLock lock(mutex_);
  return planner_.queue().size();
}

}  // namespace trireme
