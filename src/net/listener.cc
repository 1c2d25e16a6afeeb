// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <pthread.h>

#include <ctime>
#include <list>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/loop_thread.h"
#include "base/thread_pool.h"
#include "net/acceptor.h"
#include "net/door.h"
#include "net/event_loop.h"
#include "net/http1_connection.h"
#include "net/listening_socket.h"
#include "net/opening_connection.h"
#include "net/surroundings.h"

namespace trireme::net {
namespace {

// Connections above the limit that are told so, at a time; more are closed without a word.
constexpr int64_t kMaxRefusing = 64;

// A loop, what its connections share, and its thread.
class Worker {
 public:
  Worker(NetworkState& network, int number)
      : network_(network), loop_(Clock::System()), encoder_(network.options.server_name) {
    thread_ = std::thread([this, number] {
      NameThisThread("net-" + std::to_string(number));
      BecomeLoopThread();
      loop_.Run();
    });
    has_clock_ = pthread_getcpuclockid(thread_.native_handle(), &clock_) == 0;
  }
  ~Worker() { Quit(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Any thread.
  void Drain() {
    loop_.Post([this] { loop_.Drain(); });
  }
  void Quit() {
    if (!thread_.joinable()) return;
    loop_.Post([this] { loop_.Quit(); });
    thread_.join();
  }

  EventLoop& loop() { return loop_; }
  ResponseEncoder& encoder() { return encoder_; }
  NetworkState& network() { return network_; }

  // That the thread has used so far; of one that has ended, nothing. Any thread.
  Duration ProcessorTime() const {
    timespec used{};
    if (!has_clock_ || clock_gettime(clock_, &used) != 0) return Duration(0);
    return std::chrono::seconds(used.tv_sec) + Duration(used.tv_nsec);
  }

 private:
  NetworkState& network_;
  EventLoop loop_;
  ResponseEncoder encoder_;
  std::thread thread_;
  clockid_t clock_{};  // of the thread
  bool has_clock_ = false;
};

// An accepted socket on its way to its loop, where it becomes a connection.
class Arrival final : public Task {
 public:
  Arrival(Worker& worker, FileDescriptor socket, std::string peer, const Door& door, Gate::Pass pass, bool refuse)
      : worker_(worker),
        socket_(std::move(socket)),
        peer_(std::move(peer)),
        door_(door),
        pass_(std::move(pass)),
        refuse_(refuse) {}
  // Counted as open until a connection has the pass, whose business it is then.
  ~Arrival() {
    if (pass_) worker_.network().counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
  }
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

  void Run() override {
    const std::unique_ptr<Arrival> self(this);
    const Surroundings surroundings{worker_.loop(), worker_.encoder(), worker_.network(), door_.reception};
    if (refuse_) return Refuse(surroundings);
    worker_.loop().Add(
        std::make_unique<OpeningConnection>(surroundings, std::move(socket_), std::move(peer_), std::move(pass_)));
  }

 private:
  // Whatever it speaks: to find out would cost what the limit is to save.
  void Refuse(const Surroundings& surroundings) {
    auto connection = std::make_unique<Http1Connection>(
        surroundings, std::make_unique<PlainTransport>(std::move(socket_)), std::move(peer_), std::move(pass_));
    connection->Refuse(TooManyConnections());
    worker_.loop().Add(std::move(connection));
  }

  HttpError TooManyConnections() {
    const std::string which = door_.reception.own_connections > 0 ? " of this listener's own" : " (max_connections)";
    return {.status = 503,
            .text = "connections: expected at most " + std::to_string(door_.most) + which +
                    ", got one more; try again later",
            .retry_after = std::chrono::seconds(1)};
  }

  Worker& worker_;
  FileDescriptor socket_;
  std::string peer_;
  const Door& door_;
  Gate::Pass pass_;
  bool refuse_;
};

}  // namespace

class Network::Core {
 public:
  Core(NetOptions options, MemoryPool& pool, const Logger& log)
      : state_(std::move(options), pool, &log),
        acceptor_([this](FileDescriptor socket, std::string peer,
                         Door& door) { OnAccept(std::move(socket), std::move(peer), door); },
                  log) {
    CHECK(state_.options.loops > 0);
    for (int i = 0; i < state_.options.loops; ++i) workers_.push_back(std::make_unique<Worker>(state_, i));
  }

  Result<uint16_t> Listen(const ListenAddress& address, const Reception& reception) {
    ASSIGN_OR_RETURN(ListeningSocket socket, OpenListeningSocket(address));
    const uint16_t port = socket.port;
    acceptor_.Add(std::move(socket),
                  doors_.emplace_back(reception, state_.open, state_.options.limits.max_connections));
    return port;
  }

  bool Stop(TimePoint until) {
    acceptor_.Stop();
    state_.open.Close();
    for (Door& door : doors_) door.own_places.Close();
    for (const auto& worker : workers_) worker->Drain();
    bool all_gone = state_.open.WaitUntilEmpty(until);
    for (Door& door : doors_) all_gone = door.own_places.WaitUntilEmpty(until) && all_gone;
    for (const auto& worker : workers_) worker->Quit();
    return all_gone;
  }

  const NetCounters& counters() const { return state_.counters; }

  std::vector<Duration> LoopTimes() const {
    std::vector<Duration> times;
    times.reserve(workers_.size());
    for (const auto& worker : workers_) times.push_back(worker->ProcessorTime());
    return times;
  }

 private:
  // On the acceptor's thread, and at the end on the one that stops it, after that.
  void OnAccept(FileDescriptor socket, std::string peer, Door& door);

  NetworkState state_;
  std::list<Door> doors_;  // connections refer to them
  std::vector<std::unique_ptr<Worker>> workers_;
  size_t next_ = 0;
  Acceptor acceptor_;
};

void Network::Core::OnAccept(FileDescriptor socket, std::string peer, Door& door) {
  NetCounters& counters = state_.counters;
  const int64_t open = door.places.inside();
  const bool refuse = open >= door.most;
  (refuse ? counters.connections_refused : counters.connections_accepted).fetch_add(1, std::memory_order_relaxed);
  const bool may_be_told = door.reception.tls == nullptr;  // it would take a handshake
  if (refuse && (!may_be_told || open >= door.most + kMaxRefusing)) return;
  Gate::Pass pass = door.places.Enter();
  Worker& worker = *workers_[next_];
  next_ = (next_ + 1) % workers_.size();
  auto arrival = std::make_unique<Arrival>(worker, std::move(socket), std::move(peer), door, std::move(pass), refuse);
  counters.connections_open.fetch_add(1, std::memory_order_relaxed);
  worker.loop().executor()->Post(arrival.release());
}

Network::Network(NetOptions options, MemoryPool& pool, const Logger& log)
    : core_(std::make_unique<Core>(std::move(options), pool, log)) {}

Network::~Network() {
  Stop(TimePoint::min());
}

Result<uint16_t> Network::Listen(const ListenAddress& address, const Reception& reception) {
  return core_->Listen(address, reception);
}

bool Network::Stop(TimePoint until) {
  return core_->Stop(until);
}

const NetCounters& Network::counters() const {
  return core_->counters();
}

std::vector<Duration> Network::LoopTimes() const {
  return core_->LoopTimes();
}

}  // namespace trireme::net
