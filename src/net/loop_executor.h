// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "base/intrusive_stack.h"
#include "base/mutex.h"
#include "base/task.h"
#include "net/file_descriptor.h"
#include "net/http_handler.h"

namespace trireme::net {

// The letter box of an event loop: tasks from any thread, and a bell (an eventfd) that is rung only when the loop
// sleeps.
//
// Answers may be on their way to a loop that has ended, so the box outlives it: it is shared by the loop and by every
// exchange that owes an answer. What arrives after Close() is run by whoever brings it, one thread at a time, and
// OnThread() is true meanwhile: to a task, that thread is the loop.
class LoopExecutor final : public Executor, public std::enable_shared_from_this<LoopExecutor> {
 public:
  LoopExecutor();

  void Post(Task* task) override;
  bool OnThread() const override;

  // For the loop, on its thread.

  void BindToThisThread();

  // Readable (edge-triggered) when the loop shall wake up.
  int bell() const { return bell_.get(); }

  // Announces that the loop goes to sleep; false if there are tasks, and it had better not.
  bool TryToSleep();
  void WakeUp() { asleep_.store(false, std::memory_order_relaxed); }

  bool has_tasks() const { return !tasks_.empty(); }

  // Runs the tasks that are there now.
  void RunTasks();

  // The loop has ended.
  void Close();

 private:
  void RunLateTasks() EXCLUDES(late_mutex_);

  FileDescriptor bell_;
  IntrusiveStack<Task> tasks_;
  // Ordered against the pushes on `tasks_`: the loop raises it and then looks for tasks, a poster pushes and then looks
  // at it, so one of them sees the other.
  std::atomic<bool> asleep_ = false;
  std::atomic<bool> closed_ = false;  // ordered against the pushes in the same way
  Mutex late_mutex_;                  // one thread at a time is the loop that has ended
};

}  // namespace trireme::net
