// SPDX-License-Identifier: Apache-2.0
#include "bench/resource_use.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include "bench/capacity_server.h"
#include "bench/report_text.h"
#include "bench/server_process.h"

namespace trireme::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kKibibyte = 10;  // as a shift

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

double TicksPerSecond() {
  return static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Of all that live. Those that ended meanwhile take their time with them.
std::optional<Duration> TreeCpuTime(const std::vector<pid_t>& tree) {
  std::optional<Duration> sum;
  for (const pid_t pid : tree) {
    if (const auto time = CpuTimeOf(pid)) sum = sum.value_or(Duration(0)) + *time;
  }
  return sum;
}

// "Name:   123 kB" of a text with such lines.
std::optional<uint64_t> KibibytesOf(std::string_view text, std::string_view name) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string word;
    uint64_t kibibytes = 0;
    if (fields >> word >> kibibytes && word == name) return kibibytes;
  }
  return std::nullopt;
}

// Another user's process tells its Rss alone, which counts what it shares again for each.
std::optional<uint64_t> BytesOf(pid_t pid, const fs::path& proc) {
  const fs::path folder = proc / std::to_string(pid);
  if (const auto shared_once = ReadPss(ReadAll(folder / "smaps_rollup"))) return shared_once;
  const auto resident = KibibytesOf(ReadAll(folder / "status"), "VmRSS:");
  return resident ? std::optional(*resident << kKibibyte) : std::nullopt;
}

std::optional<uint64_t> BytesOf(const std::vector<pid_t>& tree, const fs::path& proc) {
  std::optional<uint64_t> sum;
  for (const pid_t pid : tree) {
    if (const auto bytes = BytesOf(pid, proc)) sum = sum.value_or(0) + *bytes;
  }
  return sum;
}

}  // namespace

std::optional<double> ResourceUse::process_cores() const {
  if (!process_cpu || length <= Duration(0)) return std::nullopt;
  return Seconds(*process_cpu) / Seconds(length);
}

std::optional<pid_t> ParentOf(std::string_view stat) {
  // "PID (NAME) STATE PPID ...", where a name may have blanks and brackets of its own.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(stat.substr(name_end + 1))};
  std::string state;
  pid_t parent = 0;
  return fields >> state >> parent ? std::optional(parent) : std::nullopt;
}

std::vector<pid_t> ProcessTree(pid_t root, const fs::path& proc) {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  for (fs::directory_iterator entry(proc, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    pid_t pid = 0;
    const auto [stop, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong != std::errc() || stop != name.data() + name.size()) continue;
    if (const auto parent = ParentOf(ReadAll(entry->path() / "stat"))) children.emplace(*parent, pid);
  }
  std::vector<pid_t> tree = {root};
  for (size_t i = 0; i < tree.size(); ++i) {
    const auto [begin, end] = children.equal_range(tree[i]);
    for (auto child = begin; child != end; ++child) {
      if (std::ranges::find(tree, child->second) == tree.end()) tree.push_back(child->second);
    }
  }
  return tree;
}

std::optional<double> BusySeconds(std::string_view stat, double ticks_per_second) {
  std::istringstream fields{std::string(stat.substr(0, stat.find('\n')))};
  std::string name;
  // A guest's time is part of the user's.
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, interrupts = 0, soft_interrupts = 0;
  if (!(fields >> name >> user >> nice >> system >> idle >> waiting >> interrupts >> soft_interrupts)) {
    return std::nullopt;
  }
  if (name != "cpu" || ticks_per_second <= 0) return std::nullopt;
  return (user + nice + system + interrupts + soft_interrupts) / ticks_per_second;
}

std::optional<uint64_t> BytesInUse(std::string_view meminfo) {
  const auto total = KibibytesOf(meminfo, "MemTotal:");
  const auto available = KibibytesOf(meminfo, "MemAvailable:");
  if (!total || !available || *available > *total) return std::nullopt;
  return (*total - *available) << kKibibyte;
}

ResourceWatch::ResourceWatch(std::optional<pid_t> pid, const Gpus* gpus, fs::path proc)
    : pid_(pid),
      proc_(std::move(proc)),
      began_(Clock::System().Now()),
      host_seconds_(BusySeconds(ReadAll(proc_ / "stat"), TicksPerSecond())),
      cpu_(pid ? TreeCpuTime(ProcessTree(*pid, proc_)) : std::nullopt),
      gpus_(gpus == nullptr ? nullptr : std::make_unique<GpuWatch>(*gpus)) {}

ResourceUse ResourceWatch::Finish() && {
  ResourceUse use{.length = Clock::System().Now() - began_};
  const auto host_seconds = BusySeconds(ReadAll(proc_ / "stat"), TicksPerSecond());
  if (host_seconds && host_seconds_ && use.length > Duration(0)) {
    use.host_cores = std::max(0.0, *host_seconds - *host_seconds_) / Seconds(use.length);
  }
  use.host_bytes = BytesInUse(ReadAll(proc_ / "meminfo"));
  if (pid_) {
    const std::vector<pid_t> tree = ProcessTree(*pid_, proc_);
    const auto cpu = TreeCpuTime(tree);
    if (cpu && cpu_) use.process_cpu = std::max(*cpu - *cpu_, Duration(0));
    use.process_bytes = BytesOf(tree, proc_);
    use.processes = static_cast<int>(tree.size());
  }
  if (gpus_) use.gpus = gpus_->Finish();
  return use;
}

}  // namespace trireme::bench
