// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trireme::bench {

// What must be said with a number for it to mean something. Text that is empty is not known.
struct RunFacts {
  std::string command;         // as it was typed, for a shell
  std::string date;            // of the beginning: "2026-11-21T23:20:48Z"
  std::string server_name;     // as the server says
  std::string server_version;  // as the server says
  std::string client;          // this program and its version
  std::string processor;       // of this machine
  int processors = 0;          // that this program may use

  std::string server() const;   // "trireme 0.1.0"
  std::string machine() const;  // "AMD EPYC 9554, 16 processors"
};

// Those that this process knows by itself, at a time in seconds since the epoch.
RunFacts OwnFacts(int64_t now);

// The pieces.
//
// Words as a shell takes them.
std::string ShellCommand(std::span<const std::string> words);
// "2026-11-21T23:20:48Z"
std::string UtcDate(int64_t seconds);
// The model of the first processor, from the text of /proc/cpuinfo; empty if it does not say.
std::string ProcessorModel(std::string_view cpuinfo);

}  // namespace trireme::bench
