// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/thread_pool.h"
#include "protocols/torchserve/manage.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// Registers what the options want to be there at the start, workflows behind models: in the order in which it is
// wanted, so that each version is called what it was called before, and some at a time, because no more can wait
// anywhere. What fails is logged, and stays in the book for the next start.
class StartLoads {
 public:
  // From now on the models are expected: neither /ping nor the engine is ready, and what a snapshot has is reserved.
  explicit StartLoads(const Services& services);
  ~StartLoads();  // Stop()
  StartLoads(const StartLoads&) = delete;
  StartLoads& operator=(const StartLoads&) = delete;

  // Once, when the engine takes loads. Looks at files on a thread of its own.
  void Begin();

  // What has not begun is given up.
  void Stop();

 private:
  class Progress;

  void LoadAll();
  template <typename Step>
  bool LoadNext(Step load);
  void Load(WantedModel model, const std::shared_ptr<Progress>& end);
  void Load(const WorkflowToLoad& workflow, const std::shared_ptr<Progress>& end);

  const Services& services_;
  std::vector<WantedModel> wanted_;           // of the thread, once it runs
  const std::shared_ptr<Progress> progress_;  // shared with the loads that are on their way
  std::optional<ThreadPool> thread_;          // last: it uses the rest
};

}  // namespace trireme::torchserve
