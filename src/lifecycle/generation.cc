// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/generation.h"

#include <utility>

namespace trireme {
namespace {

// A request holds a table for as long as it takes to be checked and put in line. Whoever has one for longer is no
// request, and finds a closed line.
constexpr std::chrono::seconds kLongestLook{5};

}  // namespace

Generation::Generation(std::shared_ptr<ServedModel> model, std::shared_ptr<const void> files)
    : model_(std::move(model)), readers_(std::make_shared<Readers>()), files_(std::move(files)) {
  const MutexLock lock(mutex_);
  shown_ = std::shared_ptr<ServedModel>(model_.get(), [owner = model_, readers = readers_](ServedModel*) {
    const MutexLock readers_lock(readers->mutex);
    readers->gone = true;
    readers->left.NotifyAll();
  });
}

RunLimits Generation::limits() const {
  const ModelConfig& config = model_->config;
  return {.threads = config.threads,
          .weight = config.weight,
          .max_rows = config.max_rows,
          .why_no_more = model_->why_no_more_rows};
}

std::shared_ptr<ServedModel> Generation::shown() const {
  const MutexLock lock(mutex_);
  return shown_;
}

void Generation::Retire() {
  std::shared_ptr<ServedModel> own;
  {
    const MutexLock lock(mutex_);
    own.swap(shown_);
  }
  own.reset();
  {
    const TimePoint until = Clock::System().Now() + kLongestLook;
    const MutexLock lock(readers_->mutex);
    while (!readers_->gone && Clock::System().Now() < until) readers_->left.WaitUntil(readers_->mutex, until);
  }
  model_->Close();
  std::shared_ptr<const void> files;
  {
    const MutexLock lock(mutex_);
    files.swap(files_);
  }
}

}  // namespace trireme
