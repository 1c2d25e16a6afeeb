// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "base/executor.h"

namespace trireme {

// An event loop whose turns a test ends by hand, on the thread that is the loop's.
class ManualExecutor final : public Executor {
 public:
  void Post(Task* task) override { tasks_.push_back(task); }
  bool OnThread() const override { return true; }

  void EndTurn() {
    for (Task* task : std::exchange(tasks_, {})) task->Run();
  }

 private:
  std::vector<Task*> tasks_;
};

}  // namespace trireme
