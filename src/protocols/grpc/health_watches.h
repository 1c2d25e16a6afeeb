// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "base/mutex.h"
#include "net/grpc_handler.h"

namespace trireme {

// What a server says about itself to those who ask for its health.
struct ServerHealth {
  bool ready = false;
  bool stopping = false;  // it takes nothing more; those who watch shall let go of it

  bool operator==(const ServerHealth&) const = default;
};

// The calls that are told whenever the server's health changes.
//
// One thread asks a few times a second while there is somebody to be told, and hands what is new to each call's loop.
// Calls whose client has gone are forgotten. Thread-safe.
class HealthWatches {
 public:
  struct Options {
    size_t max_watches = 1024;  // one more is refused with RESOURCE_EXHAUSTED
    std::chrono::milliseconds interval{250};
    bool has_thread = true;  // else Look() is called by a test
  };
  // `ask` must be quick; called on any thread.
  HealthWatches(std::function<ServerHealth()> ask, const Options& options);
  ~HealthWatches();
  HealthWatches(const HealthWatches&) = delete;
  HealthWatches& operator=(const HealthWatches&) = delete;

  ServerHealth Ask() const { return ask_(); }

  // On the loop's thread of `reply`: says what is, and from then on what changes. `known`: the service that was asked
  // for is ours; else that it is not is all there is to say, until the server stops.
  void Add(bool known, Cancellation cancellation, net::GrpcReply reply);

  // Tells everybody what is new to him.
  void Look();

  size_t size() const;

 private:
  class Watch;
  void Work();

  const std::function<ServerHealth()> ask_;
  const Options options_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<std::shared_ptr<Watch>> watches_ GUARDED_BY(mutex_);  // shared with what is on its way to their loops
  std::optional<ServerHealth> told_ GUARDED_BY(mutex_);             // to those who were there
  bool closing_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: uses all of the above
};

}  // namespace trireme
