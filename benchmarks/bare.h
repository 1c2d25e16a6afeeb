// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// What programs share that measure a runtime alone, in process and without a server.
namespace trireme::bare {

using SteadyClock = std::chrono::steady_clock;

// What is to be run how often at once, for how long.
struct Load {
  int callers = 1;
  int threads = 1;  // of the runtime, a run
  double seconds = 3;
};

inline constexpr std::string_view kLoadUsage = "[--callers N] [--threads T] [--seconds S]";

// Whether `option` is one of a load's.
inline bool Read(const std::string& option, const std::string& value, Load& load) {
  if (option == "--callers") {
    load.callers = std::clamp(std::stoi(value), 1, 1024);
  } else if (option == "--threads") {
    load.threads = std::clamp(std::stoi(value), 1, 1024);
  } else if (option == "--seconds") {
    load.seconds = std::clamp(std::stod(value), 0.1, 600.0);
  } else {
    return false;
  }
  return true;
}

inline double CpuSeconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Each caller on a thread of its own: `make_run`, called there, makes what it then runs again and again, as fast as it
// can. A quarter of the time comes before that, at least a second, to warm up. Prints one JSON object; processor time
// is the process's.
inline void MeasureRuns(const Load& load, double items_a_run,
                        const std::function<std::function<void()>(int caller)>& make_run) {
  const auto duration = [](double seconds) {
    return std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(seconds));
  };
  const auto measure_from = SteadyClock::now() + duration(std::max(1.0, load.seconds / 4));
  const auto end = measure_from + duration(load.seconds);
  std::vector<std::vector<double>> taken(static_cast<size_t>(load.callers));
  std::vector<std::thread> callers;
  for (int caller = 0; caller < load.callers; ++caller) {
    callers.emplace_back([&, caller] {
      const std::function<void()> run = make_run(caller);
      for (auto begin = SteadyClock::now(); begin < end;) {
        run();
        const auto now = SteadyClock::now();
        if (begin >= measure_from) {
          taken[static_cast<size_t>(caller)].push_back(std::chrono::duration<double, std::micro>(now - begin).count());
        }
        begin = now;
      }
    });
  }
  std::this_thread::sleep_until(measure_from);
  const double cpu_before = CpuSeconds();
  for (std::thread& caller : callers) caller.join();
  const double cpu = CpuSeconds() - cpu_before;

  std::vector<double> all;
  for (const std::vector<double>& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  if (all.empty()) throw std::runtime_error("not one run ended in time: give it more --seconds");
  std::ranges::sort(all);
  const double items = static_cast<double>(all.size()) * items_a_run;
  std::cout << "{\"callers\":" << load.callers << ",\"threads\":" << load.threads << ",\"runs\":" << all.size()
            << ",\"items_per_second\":" << items / load.seconds << ",\"p50_us\":" << all[all.size() / 2]
            << ",\"p99_us\":" << all[all.size() * 99 / 100] << ",\"cpu_us_per_item\":" << cpu * 1e6 / items << "}\n";
}

}  // namespace trireme::bare
