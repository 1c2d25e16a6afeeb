// SPDX-License-Identifier: Apache-2.0
#include "bench/resource_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/testing/temp_dir.h"

namespace trireme::bench {
namespace {

using testing::UnorderedElementsAre;

TEST(ParentOfTest, ReadsPastNamesOfAnyKind) {
  EXPECT_EQ(ParentOf("12 (java) S 7 12 12 0 -1"), 7);
  EXPECT_EQ(ParentOf("12 (a) R 1 (b) S 9 12"), 9);
  EXPECT_EQ(ParentOf("12 (java"), std::nullopt);
  EXPECT_EQ(ParentOf("12 (java) S"), std::nullopt);
  EXPECT_EQ(ParentOf(""), std::nullopt);
}

TEST(ProcessTreeTest, HasWhomAProcessStarted) {
  const TempDir proc;
  proc.Write("1/stat", "1 (init) S 0 1");
  proc.Write("10/stat", "10 (java) S 1 10");
  proc.Write("11/stat", "11 (python) S 10 10");
  proc.Write("12/stat", "12 (python) S 11 10");
  proc.Write("20/stat", "20 (other) S 1 20");
  proc.Write("meminfo", "");
  EXPECT_THAT(ProcessTree(10, proc.path()), UnorderedElementsAre(10, 11, 12));
  EXPECT_THAT(ProcessTree(20, proc.path()), UnorderedElementsAre(20));
  EXPECT_THAT(ProcessTree(99, proc.path()), UnorderedElementsAre(99));
}

TEST(BusySecondsTest, CountsAllButIdleness) {
  EXPECT_EQ(BusySeconds("cpu  100 20 30 5000 60 7 3 0 50 0\ncpu0 1 1 1 1 1 1 1 0 0 0\n", 100), 1.6);
  EXPECT_EQ(BusySeconds("cpu  100 20", 100), std::nullopt);
  EXPECT_EQ(BusySeconds("intr 1 2 3 4 5 6 7 8", 100), std::nullopt);
  EXPECT_EQ(BusySeconds("", 100), std::nullopt);
}

TEST(BytesInUseTest, IsWhatNewProgramsCannotHave) {
  EXPECT_EQ(BytesInUse("MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  700 kB\n"), 300U << 10);
  EXPECT_EQ(BytesInUse("MemTotal:  1000 kB\n"), std::nullopt);
  EXPECT_EQ(BytesInUse(""), std::nullopt);
}

TEST(ResourceWatchTest, KnowsThisProcess) {
  ResourceWatch watch(getpid());
  const ResourceUse use = std::move(watch).Finish();
  ASSERT_TRUE(use.process_cpu.has_value());
  EXPECT_GE(use.process_cpu->count(), 0);
  EXPECT_GE(use.processes, 1);
  ASSERT_TRUE(use.process_bytes.has_value());
  EXPECT_GT(*use.process_bytes, 1U << 20);
  EXPECT_TRUE(use.host_cores.has_value());
  EXPECT_TRUE(use.host_bytes.has_value());
}

TEST(ResourceWatchTest, SaysNothingOfWhatIsNotThere) {
  const TempDir proc;
  ResourceWatch watch(std::nullopt, nullptr, proc.path());
  const ResourceUse use = std::move(watch).Finish();
  EXPECT_FALSE(use.process_cpu || use.process_bytes || use.host_cores || use.host_bytes || use.process_cores());
  EXPECT_TRUE(use.gpus.empty());
}

TEST(ResourceWatchTest, FallsBackToWhatOthersMaySee) {
  const TempDir proc;
  proc.Write("10/stat", "10 (java) S 1 10");
  proc.Write("11/stat", "11 (python) S 10 10");
  proc.Write("10/smaps_rollup", "00-ff ---p 0 00:00 0  [rollup]\nRss:  900 kB\nPss:  500 kB\n");
  proc.Write("11/status", "Name: python\nVmRSS:\t  300 kB\n");
  ResourceWatch watch(10, nullptr, proc.path());
  const ResourceUse use = std::move(watch).Finish();
  EXPECT_EQ(use.process_bytes, 800U << 10);
  EXPECT_EQ(use.processes, 2);
}

}  // namespace
}  // namespace trireme::bench
