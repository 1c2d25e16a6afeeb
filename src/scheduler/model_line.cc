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

size_t BytesOf(const std::vector<RequestPtr>& batch) {
  size_t bytes = 0;
  for (const RequestPtr& request : batch) bytes += request->bytes;
  return bytes;
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
      runner_(id_, signature_, *model_, pool, clock, metrics, options_.decoupled, options_.shapes.get()),
      order_(options_.rules.preserve_ordering ? std::make_unique<AnswerOrder>() : nullptr),
      queue_(options_.rules) {
  CHECK(options_.instances > 0);
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
    Taken taken;
    taken.batch.push_back(std::move(request));
    Work(std::move(taken));
  }
}

// Takes the request into the line; or leaves it, with an instance's place if it is to run here and now.
ModelLine::Entry ModelLine::Enter(RequestPtr& request) {
  const MutexLock lock(mutex_);
  if (Status refused = WhyRefused(*request); !refused.ok()) return {.refused = std::move(refused)};
  if (order_) order_->Enter(*request);
  if (!IsCheap(*request)) return Wait(request);
  const bool gathers = options_.rules.max_rows > 1 && request->bytes <= kMostGatheredBytes;
  if (gathers && request->loop != nullptr && request->loop->OnThread()) return GatherOnLoop(request);
  if (!queue_.empty() || running_ >= options_.instances) return Wait(request);
  ++running_;
  return {};
}

ModelLine::Entry ModelLine::GatherOnLoop(RequestPtr& request) {
  const auto place = std::ranges::find_if(turns_, [&](const Turn* turn) { return &turn->loop() == request->loop; });
  Turn* turn = place == turns_.end() ? nullptr : *place;
  Entry entry;
  if (turn == nullptr) {
    if (!queue_.empty() || running_ >= options_.instances) return Wait(request);
    auto begun = std::make_unique<Turn>(*this, *request->loop);
    turns_.push_back(begun.get());
    turn = entry.begun = begun.release();
    ++running_;
  }
  Wait(request);
  if (turn->working) {
    turn->goes_on = true;
  } else if (queue_.rows() >= options_.rules.max_rows) {
    entry.full = turn;
  }
  return entry;
}

ModelLine::Entry ModelLine::Wait(RequestPtr& request) {
  queue_.Push(std::move(request));
  metrics_.AddWaiting(1);
  // Without a free place the sleeper could do nothing yet; whoever gives one back wakes it.
  return {.refused = {}, .wake = asleep_ > 0 && running_ < options_.instances};
}

Status ModelLine::WhyRefused(const InferRequest& request) const {
  if (closing_) {
    return Unavailable("model '" + id_.name + "' version " + std::to_string(id_.version) + " is being unloaded");
  }
  const BatchQueue::Bound bound = queue_.BrokenBy(request);
  if (bound != BatchQueue::Bound::kNone) return WhyNoRoom(bound, request);
  if (order_ == nullptr || order_->held() + queue_.size() < options_.rules.max_waiting_requests) return {};
  return Overloaded("model '" + id_.name + "' has too many answers that wait for those of earlier requests: " +
                    std::to_string(order_->held()) + " do, and " + std::to_string(queue_.size()) +
                    " requests are in line (preserve_ordering is on, max-waiting-requests is " +
                    std::to_string(options_.rules.max_waiting_requests) + "); try again later");
}

Status ModelLine::WhyNoRoom(BatchQueue::Bound bound, const InferRequest& request) const {
  const BatchRules& rules = options_.rules;
  std::string where = "the line of model '" + id_.name + "' is full";
  size_t waiting = queue_.size();
  std::string which;
  switch (bound) {
    case BatchQueue::Bound::kBytes:
      which =
          std::to_string(queue_.bytes()) + " bytes, max-waiting-bytes is " + std::to_string(rules.max_waiting_bytes);
      break;
    case BatchQueue::Bound::kLevel: {
      const uint32_t level = queue_.LevelOf(request);
      if (rules.priority_levels > 0) where += " at priority level " + std::to_string(level);
      waiting = queue_.WaitingIn(level);
      which = "max_queue_size of its queue policy is " + std::to_string(queue_.PolicyOf(level).max_waiting_requests);
      break;
    }
    default:
      which = "max-waiting-requests is " + std::to_string(rules.max_waiting_requests);
  }
  return Overloaded(where + ": " + std::to_string(waiting) + " requests wait (" + which + "); try again later");
}

bool ModelLine::IsCheap(const InferRequest& request) const {
  if (!options_.run_inline || options_.decoupled) return false;
  return request.deadline > request.stages.queued && IsShort(request.bytes);
}

bool ModelLine::IsShort(size_t bytes) const {
  const std::optional<Duration> expected = run_times_.Expected(bytes);
  return expected && *expected <= kLongestInlineRun;
}

void ModelLine::WorkAsInstance(int number) {
  NameThisThread(id_.name.substr(0, 12) + "#" + std::to_string(number));
  Taken taken;
  while (TakeWork(taken)) Work(std::move(taken));
}

// Waits until something is due and an instance's place is free. False: the line is closed and empty.
bool ModelLine::TakeWork(Taken& taken) {
  const MutexLock lock(mutex_);
  while (true) {
    const bool free = running_ < options_.instances;
    if (free) {
      taken = queue_.TakeIfDue(clock_.Now(), /*flush=*/closing_);
      if (!taken.empty()) {
        metrics_.AddWaiting(-static_cast<int64_t>(taken.size()));
        ++running_;
        return true;
      }
    }
    if (closing_ && queue_.empty()) return false;
    ++asleep_;
    const TimePoint due = free ? queue_.NextDue() : kNever;
    if (due == kNever) {
      changed_.Wait(mutex_);
    } else {
      changed_.WaitUntil(mutex_, due);
    }
    --asleep_;
  }
}

// Does what TakeWork() or Push() took, and gives the place back.
void ModelLine::Work(Taken taken) {
  const std::optional<Ran> ran = Run(std::move(taken));
  const MutexLock lock(mutex_);
  Record(ran);
  GiveBackPlace();
}

// On the turn's loop. What takes long, or may, is left to an instance.
void ModelLine::WorkOff(Turn& turn) {
  const auto may_take = [this](size_t bytes) NO_THREAD_SAFETY_ANALYSIS { return IsShort(bytes); };  // under the lock
  std::optional<Ran> ran;
  std::optional<size_t> left;  // what comes meanwhile may be another loop's
  do {
    Taken taken;
    {
      const MutexLock lock(mutex_);
      Record(ran);
      if (!left) left = queue_.size();
      if (*left > 0) taken = queue_.TakeIfDue(clock_.Now(), /*flush=*/true, may_take);
      metrics_.AddWaiting(-static_cast<int64_t>(taken.size()));
      *left -= std::min(*left, taken.size());
      turn.working = !taken.empty();
    }
    ran = Run(std::move(taken));
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
  GiveBackPlace();
}

std::optional<ModelLine::Ran> ModelLine::Run(Taken taken) {
  try {
    runner_.AnswerExpired(std::move(taken.expired));
    if (taken.batch.empty()) return std::nullopt;
    const size_t bytes = BytesOf(taken.batch);
    return Ran{.bytes = bytes, .took = runner_.Run(std::move(taken.batch))};
  } catch (const std::bad_alloc&) {
    return std::nullopt;  // the requests that were lost with it have been answered by their replies
  }
}

void ModelLine::Record(const std::optional<Ran>& ran) {
  if (ran) run_times_.Record(ran->bytes, ran->took);
}

// A sleeper may wait for the place; Close() waits for the last one, and once it has that lock the line may be gone.
void ModelLine::GiveBackPlace() {
  --running_;
  if (closing_ || (asleep_ > 0 && !queue_.empty())) changed_.NotifyAll();
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
  model_.reset();
}

size_t ModelLine::waiting() const {
  const MutexLock lock(mutex_);
  return queue_.size();
}

}  // namespace trireme
