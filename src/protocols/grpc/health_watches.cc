// SPDX-License-Identifier: Apache-2.0
#include "protocols/grpc/health_watches.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/task.h"
#include "base/thread_pool.h"
#include "proto/health.pb.h"

namespace trireme {
namespace {

using grpc::health::v1::HealthCheckResponse;

HealthCheckResponse::ServingStatus StatusOf(bool known, const ServerHealth& health) {
  if (!known) return HealthCheckResponse::SERVICE_UNKNOWN;
  return health.ready ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

}  // namespace

// Who watches. Its answer is given on its loop alone; that its client has gone is seen by everybody.
class HealthWatches::Watch {
 public:
  Watch(bool known, Cancellation cancellation, net::GrpcReply reply)
      : known_(known), cancellation_(std::move(cancellation)), reply_(std::move(reply)) {}

  bool over() const { return cancellation_.cancelled(); }

  // On its loop.
  void Tell(const ServerHealth& health) {
    if (!reply_) return;
    const HealthCheckResponse::ServingStatus status = StatusOf(known_, health);
    if (std::exchange(told_, status) != status) {
      HealthCheckResponse response;
      response.set_status(status);
      reply_.Send({.text = response.SerializeAsString(), .inserts = {}});
    }
    if (!health.stopping) return;
    reply_.Finish({.code = net::GrpcCode::kUnavailable, .message = "the server is shutting down", .metadata = {}});
    cancellation_.Cancel();
  }

  void Refuse(size_t most) {
    reply_.Finish({.code = net::GrpcCode::kResourceExhausted,
                   .message = "health watches: expected at most " + std::to_string(most) + ", got one more",
                   .metadata = {}});
  }

  // Any thread.
  static void TellOnLoop(std::shared_ptr<Watch> watch, const ServerHealth& health);

 private:
  class News;

  const bool known_;
  const Cancellation cancellation_;
  net::GrpcReply reply_;
  std::optional<HealthCheckResponse::ServingStatus> told_;
};

class HealthWatches::Watch::News final : public Task {
 public:
  News(std::shared_ptr<Watch> watch, const ServerHealth& health) : watch_(std::move(watch)), health_(health) {}
  void Run() override {
    const std::unique_ptr<News> self(this);
    watch_->Tell(health_);
  }

 private:
  const std::shared_ptr<Watch> watch_;  // shared with HealthWatches
  const ServerHealth health_;
};

void HealthWatches::Watch::TellOnLoop(std::shared_ptr<Watch> watch, const ServerHealth& health) {
  net::Executor& loop = watch->reply_.executor();
  loop.Post(std::make_unique<News>(std::move(watch), health).release());
}

HealthWatches::HealthWatches(std::function<ServerHealth()> ask, const Options& options)
    : ask_(std::move(ask)), options_(options) {
  if (options_.has_thread) thread_ = std::thread([this] { Work(); });
}

HealthWatches::~HealthWatches() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void HealthWatches::Add(bool known, Cancellation cancellation, net::GrpcReply reply) {
  const auto watch = std::make_shared<Watch>(known, std::move(cancellation), std::move(reply));  // see watches_
  if (size() >= options_.max_watches) Look();  // forgets those who have gone
  bool full = false;
  {
    const MutexLock lock(mutex_);
    full = watches_.size() >= options_.max_watches;
    if (!full) watches_.push_back(watch);
  }
  if (full) return watch->Refuse(options_.max_watches);
  changed_.NotifyAll();
  // What changes after this is told by the next look.
  watch->Tell(ask_());
}

void HealthWatches::Look() {
  const ServerHealth health = ask_();
  std::vector<std::shared_ptr<Watch>> watching;
  std::vector<std::shared_ptr<Watch>> over;  // end outside of the lock
  {
    const MutexLock lock(mutex_);
    const auto first_over =
        std::stable_partition(watches_.begin(), watches_.end(), [](const auto& watch) { return !watch->over(); });
    over.assign(std::make_move_iterator(first_over), std::make_move_iterator(watches_.end()));
    watches_.erase(first_over, watches_.end());
    if (std::exchange(told_, health) != health) watching = watches_;
  }
  for (auto& watch : watching) Watch::TellOnLoop(std::move(watch), health);
}

size_t HealthWatches::size() const {
  const MutexLock lock(mutex_);
  return watches_.size();
}

void HealthWatches::Work() {
  NameThisThread("grpc-health");
  while (true) {
    {
      const MutexLock lock(mutex_);
      while (!closing_ && watches_.empty()) changed_.Wait(mutex_);
      const TimePoint next = Clock::System().Now() + options_.interval;
      while (!closing_ && Clock::System().Now() < next) changed_.WaitUntil(mutex_, next);
      if (closing_) return;
    }
    try {
      Look();
    } catch (const std::bad_alloc&) {
      // Whoever was not told of it hears it by the next look.
      const MutexLock lock(mutex_);
      told_.reset();
    }
  }
}

}  // namespace trireme
