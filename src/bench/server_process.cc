// SPDX-License-Identifier: Apache-2.0
#include "bench/server_process.h"

#include <charconv>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace trireme::bench {
namespace {

constexpr std::string_view kListening = "0A";

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool HoldsSocket(const std::filesystem::path& process, const std::set<uint64_t>& inodes) {
  std::error_code error;  // a process may end while it is looked at, or not be ours to look at
  for (std::filesystem::directory_iterator fd(process / "fd", error), end; !error && fd != end; fd.increment(error)) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(fd->path(), gone).string();
    constexpr std::string_view kSocket = "socket:[";
    uint64_t inode = 0;
    if (!target.starts_with(kSocket)) continue;
    std::from_chars(target.data() + kSocket.size(), target.data() + target.size(), inode);
    if (inodes.contains(inode)) return true;
  }
  return false;
}

// The process that holds one of these sockets.
std::optional<pid_t> FindHolder(const std::set<uint64_t>& inodes, const std::filesystem::path& proc) {
  if (inodes.empty()) return std::nullopt;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(proc, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    pid_t pid = 0;
    const auto [stop, not_a_number] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (not_a_number != std::errc() || stop != name.data() + name.size()) continue;
    if (HoldsSocket(entry->path(), inodes)) return pid;
  }
  return std::nullopt;
}

Duration ReadClock(clockid_t clock) {
  timespec time = {};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

// A line: "sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ...", addresses as hex "IP:PORT".
std::set<uint64_t> ListeningInodes(std::string_view proc_net_tcp, uint16_t port) {
  std::set<uint64_t> inodes;
  std::istringstream lines{std::string(proc_net_tcp)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout;
    uint64_t inode = 0;
    if (!(fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode)) {
      continue;
    }
    const size_t colon = local.rfind(':');
    unsigned local_port = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), local_port, 16);
    if (state == kListening && colon != std::string::npos && local_port == port) inodes.insert(inode);
  }
  return inodes;
}

std::optional<pid_t> FindListener(uint16_t port, const std::filesystem::path& proc) {
  std::set<uint64_t> inodes = ListeningInodes(ReadAll(proc / "net/tcp"), port);
  inodes.merge(ListeningInodes(ReadAll(proc / "net/tcp6"), port));
  return FindHolder(inodes, proc);
}

// A line: "num refcount protocol flags type state inode path"; a flag says that it listens.
std::set<uint64_t> ListeningUnixInodes(std::string_view proc_net_unix, std::string_view socket_file) {
  constexpr unsigned kAcceptsConnections = 1 << 16;
  std::set<uint64_t> inodes;
  std::istringstream lines{std::string(proc_net_unix)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string number, references, protocol, flags, type, state, file;
    uint64_t inode = 0;
    if (!(fields >> number >> references >> protocol >> flags >> type >> state >> inode)) continue;
    std::getline(fields >> std::ws, file);
    unsigned bits = 0;
    std::from_chars(flags.data(), flags.data() + flags.size(), bits, 16);
    if ((bits & kAcceptsConnections) != 0 && file == socket_file) inodes.insert(inode);
  }
  return inodes;
}

std::optional<pid_t> FindListener(const std::string& socket_file, const std::filesystem::path& proc) {
  return FindHolder(ListeningUnixInodes(ReadAll(proc / "net/unix"), socket_file), proc);
}

std::optional<Duration> CpuTimeOf(pid_t pid) {
  // The kernel packs a pid into the clock's number: one out of range would read another process's clock, 0 our own.
  constexpr pid_t kMostPid = 1 << 22;
  if (pid <= 0 || pid > kMostPid) return std::nullopt;
  clockid_t clock;
  if (clock_getcpuclockid(pid, &clock) != 0) return std::nullopt;
  return ReadClock(clock);
}

Duration OwnCpuTime() {
  return ReadClock(CLOCK_PROCESS_CPUTIME_ID);
}

}  // namespace trireme::bench
