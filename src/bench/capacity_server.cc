// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity_server.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "bench/report_text.h"
#include "client/http_client.h"

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStartPatience = std::chrono::seconds(30);
constexpr milliseconds kStopPatience = std::chrono::seconds(20);
constexpr milliseconds kLoadPatience = std::chrono::minutes(10);
constexpr milliseconds kStep(10);
constexpr size_t kLogBytesShown = 2000;
constexpr int kOk = 200;

std::vector<std::string> CommandOf(const CapacityServer::Options& options, const std::filesystem::path& socket) {
  std::vector<std::string> command = {options.program, "serve",         options.models, "--model-control-mode",
                                      "explicit",      "--unix-socket", socket};
  for (const char* port : {"--http-port", "--grpc-port", "--metrics-port"}) {
    command.insert(command.end(), {port, "0"});
  }
  if (!options.budget.empty()) command.insert(command.end(), {"--budget", options.budget});
  return command;
}

// In the child, between fork and exec: nothing that allocates.
[[noreturn]] void Become(char* const* arguments, int log) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // A Ctrl-C is for the one who measures, who then ends the server.
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(arguments[0], arguments);
  _exit(127);
}

Result<pid_t> Spawn(std::vector<std::string> command, const std::filesystem::path& log) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int fd = open(log.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const pid_t pid = fd < 0 ? -1 : fork();
  if (pid == 0) Become(arguments.data(), fd);
  const int error = errno;
  if (fd >= 0) close(fd);
  if (pid < 0) return Unavailable("cannot start a server: " + std::generic_category().message(error));
  return pid;
}

}  // namespace

CapacityServer::CapacityServer(pid_t pid, std::filesystem::path socket, client::Url url, std::filesystem::path log)
    : pid_(pid), socket_(std::move(socket)), url_(std::move(url)), log_(std::move(log)) {}

CapacityServer::~CapacityServer() {
  kill(pid_, SIGTERM);
  const TimePoint end = Clock::System().Now() + kStopPatience;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (Clock::System().Now() > end) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(kStep);
  }
}

Result<std::unique_ptr<CapacityServer>> CapacityServer::Start(const Options& options) {
  const std::filesystem::path socket = options.folder / "socket";
  ASSIGN_OR_RETURN(client::Url url, client::ParseUrl("unix:" + socket.string()));
  const std::filesystem::path log = options.folder / "server.log";
  ASSIGN_OR_RETURN(const pid_t pid, Spawn(CommandOf(options, socket), log));
  std::unique_ptr<CapacityServer> server(new CapacityServer(pid, socket, std::move(url), log));
  RETURN_IF_ERROR(server->WaitUntilItListens());
  return server;
}

Status CapacityServer::WaitUntilItListens() const {
  client::Url live = url_;
  live.path = "/v2/health/live";
  const TimePoint end = Clock::System().Now() + kStartPatience;
  while (true) {
    const auto answer = client::Call({.url = live});
    if (answer.ok() && answer->status == kOk) return {};
    if (!is_running()) return Unavailable("the server ended:\n" + EndOfLog());
    if (Clock::System().Now() > end) return Unavailable("the server did not listen in time:\n" + EndOfLog());
    std::this_thread::sleep_for(kStep);
  }
}

bool CapacityServer::is_running() const {
  siginfo_t state = {};
  return waitid(P_PID, static_cast<id_t>(pid_), &state, WEXITED | WNOHANG | WNOWAIT) == 0 && state.si_pid == 0;
}

Status CapacityServer::Load(const std::string& model) const {
  client::HttpCall call{.method = "POST", .url = url_, .timeout = kLoadPatience};
  call.url.path = "/v2/repository/models/" + client::EscapePathSegment(model) + "/load";
  ASSIGN_OR_RETURN(const client::HttpAnswer answer, client::Call(call));
  return answer.status == kOk ? Status() : client::RefusalStatus(answer.status, answer.body);
}

void CapacityServer::End() const {
  kill(pid_, SIGKILL);
}

Result<ModelMemory> CapacityServer::Memory() const {
  client::HttpCall call{.url = url_};
  call.url.path = "/metrics";
  ASSIGN_OR_RETURN(const client::HttpAnswer answer, client::Call(call));
  if (answer.status != kOk) return client::RefusalStatus(answer.status, answer.body).Within("the server's metrics");
  return ReadModelMemory(answer.body);
}

std::optional<uint64_t> CapacityServer::ProcessBytes() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/smaps_rollup");
  return ReadPss(std::string(std::istreambuf_iterator<char>(in), {}));
}

std::string CapacityServer::EndOfLog() const {
  std::ifstream in(log_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.substr(text.size() - std::min(text.size(), kLogBytesShown));
}

std::optional<uint64_t> ReadPss(std::string_view smaps_rollup) {
  std::istringstream lines{std::string(smaps_rollup)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    uint64_t kibibytes = 0;
    if (fields >> name >> kibibytes && name == "Pss:") return kibibytes << 10;
  }
  return std::nullopt;
}

}  // namespace trireme::bench
