// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace trireme::bench {

// The process on this machine that listens on a TCP port, found through /proc; nothing if there is none or it is
// somebody else's. `proc` is where to look.
std::optional<pid_t> FindListener(uint16_t port, const std::filesystem::path& proc = "/proc");

// The same of a Unix socket, by its file.
std::optional<pid_t> FindListener(const std::string& socket_file, const std::filesystem::path& proc = "/proc");

// The sockets (by inode) that listen on the port, from the text of /proc/net/tcp or tcp6.
std::set<uint64_t> ListeningInodes(std::string_view proc_net_tcp, uint16_t port);

// The same from the text of /proc/net/unix.
std::set<uint64_t> ListeningUnixInodes(std::string_view proc_net_unix, std::string_view socket_file);

// CPU time that a process has used in all of its threads, ended ones too; nothing if there is no such process.
std::optional<Duration> CpuTimeOf(pid_t pid);
Duration OwnCpuTime();

}  // namespace trireme::bench
