// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/snapshot.h"
#include "base/thread_pool.h"
#include "lifecycle/model_loader.h"
#include "lifecycle/model_status.h"
#include "lifecycle/plan.h"
#include "lifecycle/serving_table.h"
#include "repository/scan.h"

namespace trireme {

// Brings what is wanted and what is there together: loads and retires model versions on its own threads, and publishes
// the table of what serves. No request changes a model, and no model that fails disturbs another.
//
// Thread-safe. Close() or the destructor retires everything.
class Lifecycle {
 public:
  struct Options {
    int load_threads = 4;  // versions that load at the same time
  };

  // Loader and log must outlive it.
  Lifecycle(Options options, ModelLoader& loader, const Logger& log);
  ~Lifecycle();
  Lifecycle(const Lifecycle&) = delete;
  Lifecycle& operator=(const Lifecycle&) = delete;

  // From now on these are wanted, and the scan's problems are shown as failed. Returns at once.
  void SetDesired(const RepositoryScan& scan);

  // What serves right now.
  std::shared_ptr<const ServingTable> table() const { return table_.Read(); }

  // Returns when nothing is on its way: every version is ready, failed or retired.
  void WaitUntilSettled();
  bool settled() const;

  // Nothing is wanted any more: every line answers what it has and ends; loads that have not begun are not begun.
  // Returns when all that serves is closed. A load that is under way cannot be interrupted: the destructor waits for
  // it, this does not.
  void Close();

 private:
  // A version as far as it has come.
  struct Tracked {
    ModelEntry entry;
    ModelStatus status;
    std::shared_ptr<ServedModel> model;  // while it serves; shared with the serving table
  };

  void Carry(const Action& action);
  void Load(const ModelId& id);
  void Retire(const ModelId& id);
  void MoveTo(const ModelId& id, ModelState state, std::string reason = {});
  void Publish();
  std::vector<Action> Reconcile(const RepositoryScan& scan);
  bool SettledLocked() const REQUIRES(mutex_);
  bool closing() const;

  ModelLoader& loader_;
  const Logger& log_;
  Snapshot<ServingTable> table_;

  mutable Mutex mutex_;
  CondVar moved_;
  std::map<ModelId, Tracked> versions_ GUARDED_BY(mutex_);
  int busy_ GUARDED_BY(mutex_) = 0;  // actions handed to the loaders and not yet done
  bool closing_ GUARDED_BY(mutex_) = false;
  Mutex publish_mutex_;  // one publisher at a time, so that an older table never follows a newer one

  ThreadPool loaders_;  // last: its threads use everything above
};

}  // namespace trireme
