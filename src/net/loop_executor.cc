// SPDX-License-Identifier: Apache-2.0
#include "net/loop_executor.h"

#include <sys/eventfd.h>

#include <new>

#include "base/check.h"

namespace trireme::net {
namespace {

thread_local const LoopExecutor* this_threads_loop = nullptr;

}  // namespace

LoopExecutor::LoopExecutor() : bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(bell_);
}

bool LoopExecutor::OnThread() const {
  return this_threads_loop == this;
}

void LoopExecutor::BindToThisThread() {
  this_threads_loop = this;
}

void LoopExecutor::Post(Task* task) {
  // The task may be run, and with it the last share of this box given up, before this function returns.
  const auto self = shared_from_this();
  const bool first = tasks_.Push(task);
  if (closed_.load(std::memory_order_seq_cst)) {
    if (!OnThread()) RunLateTasks();
    return;
  }
  if (first && asleep_.exchange(false, std::memory_order_seq_cst)) {
    // It cannot fail: the counter would have to be rung 2^64 times.
    CHECK(eventfd_write(bell(), 1) == 0);
  }
}

bool LoopExecutor::TryToSleep() {
  asleep_.store(true, std::memory_order_seq_cst);
  if (tasks_.empty()) return true;
  WakeUp();
  return false;
}

void LoopExecutor::RunTasks() {
  Task* task = tasks_.TakeAll();
  while (task != nullptr) {
    Task* const next = task->next;  // Run() ends the task's life
    try {
      task->Run();
    } catch (const std::bad_alloc&) {
      // It has gone, and what it owed was answered on its way.
    }
    task = next;
  }
}

void LoopExecutor::Close() {
  closed_.store(true, std::memory_order_seq_cst);
  this_threads_loop = nullptr;
  RunLateTasks();
}

void LoopExecutor::RunLateTasks() {
  const MutexLock lock(late_mutex_);
  const LoopExecutor* const outer = this_threads_loop;
  this_threads_loop = this;
  while (has_tasks()) RunTasks();
  this_threads_loop = outer;
}

}  // namespace trireme::net
