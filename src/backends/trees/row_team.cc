// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/row_team.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/thread_pool.h"

namespace trireme::trees {
namespace {

// Whether the calling thread has less of a processor than others of the process: threads that it starts would inherit
// that, and one that helps it would mostly wait for it.
bool StandsBack() {
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  const auto process = static_cast<id_t>(getpid());  // its first thread, to these calls
  return sched_getscheduler(0) == SCHED_IDLE || getpriority(PRIO_PROCESS, thread) > getpriority(PRIO_PROCESS, process);
}

}  // namespace

RowTeam::RowTeam(int processors) : processors_(std::max(1, processors)) {}

RowTeam::~RowTeam() {
  std::vector<std::thread> helpers;
  {
    const MutexLock lock(mutex_);
    closing_ = true;
    helpers = std::move(helpers_);
    wanted_.NotifyAll();
  }
  for (std::thread& helper : helpers) helper.join();
}

int RowTeam::started() const {
  const MutexLock lock(mutex_);
  return static_cast<int>(helpers_.size());
}

void RowTeam::Run(int threads, size_t shares, const std::function<void(size_t)>& work) {
  const int most = static_cast<int>(std::min<size_t>(shares, static_cast<size_t>(std::max(1, threads)))) - 1;
  const bool may_be_helped = most > 0 && !StandsBack();
  const MutexLock lock(mutex_);
  ++busy_;
  Task task{.work = work, .shares = shares, .wanted = may_be_helped ? std::min(most, processors_ - busy_) : 0};
  if (task.wanted > 0) {
    Start(std::min(task.wanted, processors_ - 1));
    tasks_.push_back(&task);
    task.wanted == 1 ? wanted_.NotifyOne() : wanted_.NotifyAll();
  }
  TakeShares(task);
  std::erase(tasks_, &task);
  while (task.inside > 0) left_.Wait(mutex_);
  --busy_;
}

void RowTeam::Start(int helpers) {
  while (static_cast<int>(helpers_.size()) < helpers) {
    try {
      helpers_.emplace_back([this] {
        NameThisThread("trees-helper");
        Help();
      });
    } catch (const std::system_error&) {
      return;  // the system gives no more now: callers do their shares
    }
  }
}

// Unlocks while it works.
void RowTeam::TakeShares(Task& task) {
  while (task.next < task.shares) {
    const size_t share = task.next++;
    mutex_.Unlock();
    task.work(share);
    mutex_.Lock();
  }
}

RowTeam::Task* RowTeam::FindTask() const {
  const auto found =
      std::ranges::find_if(tasks_, [](const Task* task) { return task->wanted > 0 && task->next < task->shares; });
  return found == tasks_.end() ? nullptr : *found;
}

void RowTeam::Help() {
  const MutexLock lock(mutex_);
  while (!closing_) {
    Task* const task = FindTask();
    if (task == nullptr) {
      wanted_.Wait(mutex_);
      continue;
    }
    --task->wanted;
    ++task->inside;
    ++busy_;
    TakeShares(*task);
    --busy_;
    --task->inside;
    left_.NotifyAll();
  }
}

}  // namespace trireme::trees
