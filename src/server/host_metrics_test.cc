// SPDX-License-Identifier: Apache-2.0
#include "server/host_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "base/testing/manual_clock.h"

namespace trireme {
namespace {

double Sample(const metrics::Registry& registry, const std::string& name) {
  const std::string page = registry.Expose();
  const size_t at = page.find("\n" + name + " ");
  EXPECT_NE(at, std::string::npos) << name << " is not in\n" << page;
  return at == std::string::npos ? -1 : std::stod(page.substr(at + name.size() + 2));
}

TEST(HostMetrics, ShowsTheMachineAndTheProcess) {
  metrics::Registry registry;
  ManualClock clock;
  const HostMetrics host(registry, clock);
  EXPECT_GT(Sample(registry, "nv_cpu_memory_total_bytes"), Sample(registry, "nv_cpu_memory_used_bytes"));
  EXPECT_GT(Sample(registry, "nv_cpu_memory_used_bytes"), 0);
  EXPECT_GT(Sample(registry, "process_virtual_memory_bytes"), Sample(registry, "process_resident_memory_bytes"));
  EXPECT_GT(Sample(registry, "process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(Sample(registry, "process_threads"), 1);
  EXPECT_GE(Sample(registry, "process_open_fds"), 3);
  EXPECT_GE(Sample(registry, "process_max_fds"), Sample(registry, "process_open_fds"));
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(Sample(registry, "process_start_time_seconds"), now, 3600);
  clock.Advance(std::chrono::seconds(2));
  const double busy = Sample(registry, "nv_cpu_utilization");
  EXPECT_GE(busy, 0);
  EXPECT_LE(busy, 1);
}

TEST(HostMetrics, ManyMayLookAtATime) {
  metrics::Registry registry;
  ManualClock clock;
  const HostMetrics host(registry, clock);
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        clock.Advance(std::chrono::milliseconds(300));
        EXPECT_THAT(registry.Expose(), testing::HasSubstr("process_open_fds"));
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace trireme
