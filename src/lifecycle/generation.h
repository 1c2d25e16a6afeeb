// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/mutex.h"
#include "lifecycle/run_limits.h"
#include "lifecycle/served_model.h"

namespace trireme {

// One loaded model of a version, from the moment it is ready until it is gone. A reload makes another one, and for a
// while both live.
//
// Thread-safe. Dropping one without Retire() closes its line wherever that happens, so an owner retires it.
class Generation {
 public:
  // `files`: what the model's files need to stay; let go of when the model is destroyed.
  explicit Generation(std::shared_ptr<ServedModel> model, std::shared_ptr<const void> files = nullptr);

  // That it holds; of what it shares with others its part.
  DeviceBytes memory() const { return model_->memory(); }

  RunLimits limits() const;

  // For serving tables, and so for the requests that find it there.
  std::shared_ptr<ServedModel> shown() const;

  // To be called when no table shows it any more. Waits for those who found it in an older table, so that a request
  // which came a moment before the change is not refused; then answers what waits in the line and destroys the model.
  // On a loader thread.
  void Retire();

 private:
  // Told when the last table and the last request that share `shown_` are gone.
  struct Readers {
    Mutex mutex;
    CondVar left;
    bool gone GUARDED_BY(mutex) = false;
  };

  const std::shared_ptr<ServedModel> model_;  // shared with `shown_`: whoever is late finds a closed line, not a hole
  const std::shared_ptr<Readers> readers_;    // shared with the last reader, who may be on his way out
  mutable Mutex mutex_;
  std::shared_ptr<const void> files_ GUARDED_BY(mutex_);   // shared with later loads of the same files
  std::shared_ptr<ServedModel> shown_ GUARDED_BY(mutex_);  // shared by the tables; counts its holders
};

}  // namespace trireme
