// SPDX-License-Identifier: Apache-2.0
#include "server/host_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace trireme {
namespace {

using metrics::FamilySamples;

// What is asked for stands at the beginning of each of these files.
std::string ReadStart(const char* file) {
  constexpr size_t kMostBytes = 64 << 10;
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  std::string text(kMostBytes, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  close(fd);
  text.resize(size);
  return text;
}

std::optional<double> Bytes(std::optional<uint64_t> kibibytes) {
  if (!kibibytes) return std::nullopt;
  return static_cast<double>(*kibibytes) * 1024;
}

std::optional<double> StartTime() {
  const auto ticks = ParseStartTicks(ReadStart("/proc/self/stat"));
  const auto boot = FindNumber(ReadStart("/proc/stat"), "btime");
  const long ticks_per_second = sysconf(_SC_CLK_TCK);
  if (!ticks || !boot || ticks_per_second <= 0) return std::nullopt;
  return static_cast<double>(*boot) + static_cast<double>(*ticks) / static_cast<double>(ticks_per_second);
}

std::optional<double> OpenDescriptors() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return std::nullopt;
  int count = 0;
  while (const dirent* entry = readdir(folder)) {  // NOLINT(concurrency-mt-unsafe): the folder is this call's own
    if (entry->d_name[0] != '.') ++count;
  }
  closedir(folder);
  return count - 1;  // the folder itself was one
}

std::optional<double> MostDescriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

void Add(std::vector<FamilySamples>& families, const char* name, const char* help, std::optional<double> value) {
  if (!value) return;
  families.push_back({.family = {name, help}, .kind = FamilySamples::Kind::kGauge, .samples = {{{}, *value}}});
}

void AddMemory(std::vector<FamilySamples>& families) {
  const std::string memory = ReadStart("/proc/meminfo");
  const auto total = Bytes(FindNumber(memory, "MemTotal"));
  const auto available = Bytes(FindNumber(memory, "MemAvailable"));
  Add(families, "nv_cpu_memory_total_bytes", "Memory of the machine.", total);
  if (!total || !available) return;
  Add(families, "nv_cpu_memory_used_bytes", "Memory of the machine that is in use.", *total - *available);
}

void AddProcess(std::vector<FamilySamples>& families) {
  const std::string status = ReadStart("/proc/self/status");
  Add(families, "process_resident_memory_bytes", "Memory of the process.", Bytes(FindNumber(status, "VmRSS")));
  Add(families, "process_virtual_memory_bytes", "Address space of the process.", Bytes(FindNumber(status, "VmSize")));
  Add(families, "process_threads", "Threads of the process.", FindNumber(status, "Threads"));
  Add(families, "process_open_fds", "Files and connections that the process has open.", OpenDescriptors());
  Add(families, "process_max_fds", "Files and connections that it may have open.", MostDescriptors());
}

}  // namespace

HostMetrics::HostMetrics(metrics::Registry& registry, const Clock& clock)
    : clock_(clock),
      start_time_(StartTime()),
      ticks_(ParseCpuTicks(ReadStart("/proc/stat"))),
      ticks_at_(clock.Now()),
      families_(registry.ReadFamilies([this] { return Read(); })) {}

std::vector<FamilySamples> HostMetrics::Read() {
  std::vector<FamilySamples> families;
  Add(families, "nv_cpu_utilization", "Share of the machine's processors that is in use, from 0 to 1.",
      CpuUtilization());
  AddMemory(families);
  AddProcess(families);
  Add(families, "process_start_time_seconds", "When the process was started, in seconds since 1970.", start_time_);
  return families;
}

// Over the time since the last look, but at least a second: several may be looking, each at its own pace.
std::optional<double> HostMetrics::CpuUtilization() {
  const MutexLock lock(mutex_);
  const TimePoint now = clock_.Now();
  if (ticks_ && now - ticks_at_ < std::chrono::seconds(1)) return utilization_;
  const auto ticks = ParseCpuTicks(ReadStart("/proc/stat"));
  if (!ticks) return std::nullopt;
  utilization_ = Utilization(ticks_.value_or(*ticks), *ticks);
  ticks_ = ticks;
  ticks_at_ = now;
  return utilization_;
}

}  // namespace trireme
