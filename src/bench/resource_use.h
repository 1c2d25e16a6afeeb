// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "bench/gpu_watch.h"

namespace trireme::bench {

// What this machine and a process of it spent in a stretch of time. What is not known is missing.
struct ResourceUse {
  Duration length{0};
  std::optional<double> host_cores;       // processors that were busy, with whatever: servers, this program, others
  std::optional<uint64_t> host_bytes;     // memory in use on this machine, at the end
  std::optional<Duration> process_cpu;    // of the process and of those that it started, while they lived
  std::optional<uint64_t> process_bytes;  // of these at the end, what they share counted once (Pss; else Rss)
  int processes = 0;                      // how many these are
  std::vector<GpuUse> gpus;               // of this machine

  std::optional<double> process_cores() const;
};

// Watches from its construction to Finish(). Threads that it starts take no signals that its maker blocks.
class ResourceWatch {
 public:
  // `gpus` outlive it; null: there are none. `proc` is where to look.
  explicit ResourceWatch(std::optional<pid_t> pid, const Gpus* gpus = nullptr, std::filesystem::path proc = "/proc");

  ResourceUse Finish() &&;

 private:
  const std::optional<pid_t> pid_;
  const std::filesystem::path proc_;
  const TimePoint began_;
  std::optional<double> host_seconds_;
  std::optional<Duration> cpu_;
  std::unique_ptr<GpuWatch> gpus_;  // null: there are no GPUs
};

// The pieces.
//
// A process and those that it started, and these started, as far as they live.
std::vector<pid_t> ProcessTree(pid_t root, const std::filesystem::path& proc);
// Its parent's, from the text of /proc/PID/stat.
std::optional<pid_t> ParentOf(std::string_view stat);
// Seconds in which processors were busy since the machine began, from the text of /proc/stat.
std::optional<double> BusySeconds(std::string_view stat, double ticks_per_second);
// Bytes in use, from the text of /proc/meminfo: what is not there for new programs.
std::optional<uint64_t> BytesInUse(std::string_view meminfo);

}  // namespace trireme::bench
