// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/helper_threads.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <system_error>
#include <utility>

#include "backends/onnx/one_element_model.h"
#include "backends/onnx/ort_error.h"
#include "base/check.h"
#include "base/thread_pool.h"

namespace trireme::onnx {
namespace {

constexpr std::chrono::milliseconds kUntilNextTry(10);

// They are read until a run ends, by whichever thread.
constexpr const char* kInputNames[] = {OneElementModel::kInput};
constexpr const char* kOutputNames[] = {OneElementModel::kOutput};

// Whether the calling thread has less of a processor than others of the process: a thread that it starts would inherit
// that, and one that helps it would mostly wait for it.
bool StandsBack() {
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  const auto process = static_cast<id_t>(getpid());  // its first thread, to these calls
  return sched_getscheduler(0) == SCHED_IDLE || getpriority(PRIO_PROCESS, thread) > getpriority(PRIO_PROCESS, process);
}

}  // namespace

// What the runtime takes for a thread.
struct HelperThreads::Helper {
  HelperThreads* owner = nullptr;
  OrtThreadWorkerFn work = nullptr;  // until the environment goes
  void* argument = nullptr;          // its own
  bool is_started = false;
  std::thread thread;  // until it has ended
};

// A helper's way to its rest: a run that succeeds, since the runtime loses a few kilobytes with each that fails.
struct HelperThreads::Errand {
  HelperThreads* owner = nullptr;
  std::thread::id sender;
  float in = 0;
  float out = 0;
  Handle<OrtValue> input{nullptr, nullptr};
  Handle<OrtValue> output{nullptr, nullptr};
  const OrtValue* inputs[1] = {nullptr};
  OrtValue* outputs[1] = {nullptr};
};

HelperThreads::Run::Run(HelperThreads& helpers, int threads)
    : helpers_(helpers),
      wanted_(threads > 1 && !StandsBack() ? std::min(threads, helpers.threads()) - 1 : 0),
      counted_(wanted_ > 0 || helpers.wide_runs_.load(std::memory_order_relaxed) > 0) {
  if (counted_) helpers_.Enter(wanted_);
}

HelperThreads::Run::~Run() {
  if (counted_) helpers_.Leave(wanted_);
}

HelperThreads::HelperThreads(const OrtApi& api, const Options& options)
    : api_(api),
      options_(options),
      session_(nullptr, api.ReleaseSession),
      runs_(static_cast<size_t>(options.threads), 0) {
  CHECK(options.threads >= 1 && options.processors >= 1);
}

HelperThreads::~HelperThreads() = default;

Status HelperThreads::AddTo(OrtThreadingOptions* options) {
  RETURN_IF_ERROR(ToStatus(api_, api_.SetGlobalIntraOpNumThreads(options, options_.threads)));
  RETURN_IF_ERROR(ToStatus(api_, api_.SetGlobalInterOpNumThreads(options, 1)));
  // Those who share a run hand one another pieces of a few microseconds: asleep between them they would take twice as
  // long. When the run ends they rest.
  RETURN_IF_ERROR(ToStatus(api_, api_.SetGlobalSpinControl(options, 1)));
  RETURN_IF_ERROR(ToStatus(api_, api_.SetGlobalCustomCreateThreadFn(options, &CreateThread)));
  RETURN_IF_ERROR(ToStatus(api_, api_.SetGlobalCustomThreadCreationOptions(options, this)));
  return ToStatus(api_, api_.SetGlobalCustomJoinThreadFn(options, &JoinThread));
}

Status HelperThreads::Begin(const OrtEnv& env, const OrtMemoryInfo& cpu) {
  ASSIGN_OR_RETURN(session_, OpenOneElementModel(api_, env));
  const MutexLock lock(mutex_);
  for (const auto& errand : errands_) {
    ASSIGN_OR_RETURN(errand->input, ViewOneElement(api_, cpu, errand->in));
    ASSIGN_OR_RETURN(errand->output, ViewOneElement(api_, cpu, errand->out));
    errand->inputs[0] = errand->input.get();
    errand->outputs[0] = errand->output.get();
  }
  return {};
}

void HelperThreads::End() {
  bool any = false;
  {
    const MutexLock lock(mutex_);
    CHECK(std::accumulate(runs_.begin(), runs_.end(), 0) == 0);
    any = started_ > 0;
    to_rest_ = 0;
    changed_.NotifyAll();
  }
  // An errand may lie in the queue of one that the system had no thread for.
  if (any) StartAll();
  {
    const MutexLock lock(mutex_);
    while (free_errands_.size() < errands_.size()) changed_.Wait(mutex_);
    for (const auto& errand : errands_) {
      errand->input.reset();
      errand->output.reset();
    }
  }
  session_.reset();
}

int HelperThreads::awake() const {
  const MutexLock lock(mutex_);
  return started_ - resting_;
}

int HelperThreads::resting() const {
  const MutexLock lock(mutex_);
  return resting_;
}

OrtCustomThreadHandle HelperThreads::CreateThread(void* owner, OrtThreadWorkerFn work, void* argument) {
  auto& self = *static_cast<HelperThreads*>(owner);
  auto helper = std::make_unique<Helper>();
  helper->owner = &self;
  helper->work = work;
  helper->argument = argument;
  Helper* const handle = helper.get();
  auto errand = std::make_unique<Errand>();
  errand->owner = &self;
  const MutexLock lock(self.mutex_);
  self.helpers_.push_back(std::move(helper));
  self.free_errands_.push_back(errand.get());
  self.errands_.push_back(std::move(errand));
  return reinterpret_cast<OrtCustomThreadHandle>(handle);
}

// The runtime's threads end together or not at all, and what was allocated for one goes with it: those that nobody has
// wanted start now.
void HelperThreads::JoinThread(OrtCustomThreadHandle handle) {
  // The runtime's type says const; what it points to is ours.
  auto* helper = reinterpret_cast<Helper*>(const_cast<OrtCustomHandleType*>(handle));
  helper->owner->StartAll();
  helper->thread.join();
}

void HelperThreads::Start() {
  for (const auto& helper : helpers_) {
    if (helper->is_started) continue;
    try {
      helper->thread = std::thread([helper = helper.get()] {
        NameThisThread("onnx-helper");
        helper->work(helper->argument);
      });
    } catch (const std::system_error&) {
      return;  // the system gives no more now: callers do these helpers' shares
    }
    helper->is_started = true;
    ++started_;
  }
}

void HelperThreads::StartAll() {
  const MutexLock lock(mutex_);
  for (Start(); started_ < static_cast<int>(helpers_.size()); Start()) {
    changed_.WaitUntil(mutex_, std::chrono::steady_clock::now() + kUntilNextTry);
  }
}

void HelperThreads::Enter(int wanted) {
  std::vector<Errand*> errands;
  {
    const MutexLock lock(mutex_);
    if (wanted > 0 && started_ < static_cast<int>(helpers_.size())) Start();
    if (wanted > 0) wide_runs_.fetch_add(1, std::memory_order_relaxed);
    ++runs_[static_cast<size_t>(wanted)];
    errands = Settle();
  }
  Send(errands);
}

void HelperThreads::Leave(int wanted) {
  std::vector<Errand*> errands;
  {
    const MutexLock lock(mutex_);
    --runs_[static_cast<size_t>(wanted)];
    if (wanted > 0) wide_runs_.fetch_sub(1, std::memory_order_relaxed);
    errands = Settle();
  }
  Send(errands);
}

// As many as the run that wants most, as far as processors are left by the callers.
int HelperThreads::Wanted() const {
  int most = 0;
  int callers = 0;
  for (size_t helpers = 0; helpers < runs_.size(); ++helpers) {
    callers += runs_[helpers];
    if (runs_[helpers] > 0) most = static_cast<int>(helpers);
  }
  return std::min(most, std::max(0, options_.processors - callers));
}

// Wakes those that are wanted. The errands are for those that are not, to be sent once the lock is free.
std::vector<HelperThreads::Errand*> HelperThreads::Settle() {
  const int rest = std::max(0, started_ - Wanted());
  if (rest < to_rest_) changed_.NotifyAll();
  to_rest_ = rest;
  // One that is on its way may find that it need not rest; what is under way counts.
  const auto under_way = static_cast<int>(errands_.size() - free_errands_.size());
  const int missing = std::max(0, rest - under_way);
  std::vector<Errand*> errands(free_errands_.end() - missing, free_errands_.end());
  free_errands_.resize(free_errands_.size() - errands.size());
  for (Errand* errand : errands) errand->sender = std::this_thread::get_id();
  return errands;
}

void HelperThreads::Send(const std::vector<Errand*>& errands) {
  for (Errand* errand : errands) {
    OrtStatus* refused = api_.RunAsync(session_.get(), nullptr, kInputNames, errand->inputs, 1, kOutputNames, 1,
                                       errand->outputs, &RestHere, errand);
    if (refused != nullptr) RestHere(errand, nullptr, 0, refused);
  }
}

void HelperThreads::RestHere(void* errand, OrtValue** /*outputs*/, size_t /*count*/, OrtStatus* status) {
  auto& way = *static_cast<Errand*>(errand);
  if (status != nullptr) way.owner->api_.ReleaseStatus(status);
  way.owner->Rest(way);
}

void HelperThreads::Rest(Errand& errand) {
  const MutexLock lock(mutex_);
  // The runtime has the sender do what does not fit into its queues.
  if (errand.sender != std::this_thread::get_id()) {
    ++resting_;
    while (resting_ <= to_rest_) changed_.Wait(mutex_);
    --resting_;
  }
  free_errands_.push_back(&errand);
  changed_.NotifyAll();
}

}  // namespace trireme::onnx
