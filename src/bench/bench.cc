// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <utility>

#include "base/memory_pool.h"
#include "bench/closed_loop.h"
#include "bench/report.h"
#include "bench/server_process.h"
#include "bench/workload.h"
#include "client/kserve_client.h"
#include "client/url.h"

namespace trireme::bench {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

// SIGINT and SIGTERM as something to poll for, as long as it lives.
class Interrupts {
 public:
  Interrupts() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
    fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts() {
    // What arrived has had its effect; unblocked with it pending, the process would die of it.
    signalfd_siginfo taken;
    while (fd_ >= 0 && read(fd_, &taken, sizeof taken) > 0) {
    }
    if (fd_ >= 0) close(fd_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  int fd() const { return fd_; }

 private:
  sigset_t before_;
  int fd_ = -1;
};

std::optional<pid_t> ServerProcess(const BenchOptions& options, const client::Endpoint& endpoint, uint16_t port) {
  if (options.server_pid) return options.server_pid;
  return endpoint.IsLoopback() ? FindListener(port) : std::nullopt;
}

Result<Report> Measure(const BenchOptions& options) {
  ASSIGN_OR_RETURN(const client::Url url, client::ParseUrl(options.url));
  MemoryPool pool;
  const client::KserveClient client(url, {.timeout = options.timeout, .limits = {}});
  ASSIGN_OR_RETURN(const Workload workload, MakeWorkload(options, client, pool));
  ASSIGN_OR_RETURN(const client::Endpoint endpoint, client::Resolve(url));
  const std::optional<pid_t> server_pid = ServerProcess(options, endpoint, url.port);
  if (server_pid && !CpuTimeOf(*server_pid)) {
    return InvalidArgument("--pid: there is no process " + std::to_string(*server_pid));
  }
  const Interrupts interrupts;
  ASSIGN_OR_RETURN(const LoadResult load, RunClosedLoop({.endpoint = endpoint,
                                                         .request = workload.request,
                                                         .connections = options.connections,
                                                         .warm_up = options.warm_up,
                                                         .window = options.window,
                                                         .windows = options.windows,
                                                         .timeout = options.timeout,
                                                         .server_pid = server_pid,
                                                         .stop_fd = interrupts.fd()}));
  return Summarize(options, workload, server_pid, load);
}

}  // namespace

int RunBench(const BenchOptions& options, std::ostream& out, std::ostream& err) {
  if (const Status status = Check(options); !status.ok()) {
    err << status.message() << '\n';
    return kExitUsage;
  }
  const Result<Report> report = Measure(options);
  if (!report.ok()) {
    err << report.status().message() << '\n';
    return kExitFailed;
  }
  out << (options.json ? Json(*report) : Table(*report)) << std::flush;
  return report->failed == 0 && report->requests > 0 ? 0 : kExitFailed;
}

}  // namespace trireme::bench
