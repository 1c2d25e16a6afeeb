// SPDX-License-Identifier: Apache-2.0
#include "bench/own_server.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "client/http_client.h"

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStartPatience = std::chrono::seconds(30);
constexpr milliseconds kStopPatience = std::chrono::seconds(20);
constexpr milliseconds kStep(10);
constexpr size_t kLogBytesShown = 2000;
constexpr int kOk = 200;

std::vector<std::string> CommandOf(const OwnServer::Options& options, const std::filesystem::path& socket) {
  std::vector<std::string> command = {options.program, "serve", "--unix-socket", socket};
  for (const char* port : {"--http-port", "--grpc-port", "--metrics-port"}) {
    command.insert(command.end(), {port, "0"});
  }
  command.insert(command.end(), options.arguments.begin(), options.arguments.end());
  return command;
}

std::vector<char*> EnvironmentOf(bool with_settings) {
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (with_settings || !std::string_view(*variable).starts_with("TRIREME_")) variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  return variables;
}

// In the child, between fork and exec: nothing that allocates.
[[noreturn]] void Become(char* const* arguments, char* const* environment, int log) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // A Ctrl-C is for the one who measures, who then ends the server.
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execve(arguments[0], arguments, environment);
  _exit(127);
}

Result<pid_t> Spawn(std::vector<std::string> command, bool with_settings, const std::filesystem::path& log) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::vector<char*> environment = EnvironmentOf(with_settings);
  const int fd = open(log.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const pid_t pid = fd < 0 ? -1 : fork();
  if (pid == 0) Become(arguments.data(), environment.data(), fd);
  const int error = errno;
  if (fd >= 0) close(fd);
  if (pid < 0) return Unavailable("cannot start a server: " + std::generic_category().message(error));
  return pid;
}

}  // namespace

OwnServer::OwnServer(pid_t pid, std::filesystem::path socket, client::Url url, std::filesystem::path log)
    : pid_(pid), socket_(std::move(socket)), url_(std::move(url)), log_(std::move(log)) {}

OwnServer::~OwnServer() {
  kill(pid_, SIGTERM);
  const TimePoint end = Clock::System().Now() + kStopPatience;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (Clock::System().Now() > end) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(kStep);
  }
}

Result<std::unique_ptr<OwnServer>> OwnServer::Start(const Options& options) {
  const std::filesystem::path socket = options.folder / "socket";
  ASSIGN_OR_RETURN(client::Url url, client::ParseUrl("unix:" + socket.string()));
  const std::filesystem::path log = options.folder / "server.log";
  ASSIGN_OR_RETURN(const pid_t pid, Spawn(CommandOf(options, socket), options.heeds_environment, log));
  std::unique_ptr<OwnServer> server(new OwnServer(pid, socket, std::move(url), log));
  RETURN_IF_ERROR(server->WaitUntilItListens());
  return server;
}

Status OwnServer::WaitUntilItListens() const {
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

bool OwnServer::is_running() const {
  siginfo_t state = {};
  return waitid(P_PID, static_cast<id_t>(pid_), &state, WEXITED | WNOHANG | WNOWAIT) == 0 && state.si_pid == 0;
}

void OwnServer::End() const {
  kill(pid_, SIGKILL);
}

std::string OwnServer::EndOfLog() const {
  std::ifstream in(log_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.substr(text.size() - std::min(text.size(), kLogBytesShown));
}

}  // namespace trireme::bench
