// SPDX-License-Identifier: Apache-2.0
#include "scheduler/model_line.h"

#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/thread_pool.h"

namespace trireme {
namespace {

// A hand-off to an instance and back costs 5-15 us (docs/performance.md); a loop that is busy for longer than this
// keeps its other connections waiting.
constexpr Duration kLongestInlineRun = std::chrono::microseconds(100);

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
      runner_(id_, signature_, *model_, pool, clock, metrics, options_.decoupled),
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

void ModelLine::Push(RequestPtr request) {
  request->stages.queued = clock_.Now();
  const Entry entry = Enter(request);
  if (request == nullptr) {
    if (entry.wake) changed_.NotifyOne();
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
  if (MayRunInline(*request)) {
    ++running_;
    return {};
  }
  queue_.Push(std::move(request));
  metrics_.AddWaiting(1);
  return {.wake = asleep_ > 0};
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

bool ModelLine::MayRunInline(const InferRequest& request) const {
  if (!options_.run_inline || options_.decoupled || !queue_.empty() || running_ >= options_.instances) return false;
  if (request.deadline <= request.stages.queued) return false;  // not to be run at all
  const std::optional<Duration> expected = run_times_.Expected(request.bytes);
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
  runner_.AnswerExpired(std::move(taken.expired));
  const size_t bytes = BytesOf(taken.batch);
  const bool ran = !taken.batch.empty();
  const Duration took = ran ? runner_.Run(std::move(taken.batch)) : Duration(0);

  bool wake = false;
  {
    const MutexLock lock(mutex_);
    --running_;
    if (ran) run_times_.Record(bytes, took);
    // A sleeper may wait for this place; Close() waits for the last one.
    wake = closing_ || (asleep_ > 0 && !queue_.empty());
  }
  if (wake) changed_.NotifyAll();
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
