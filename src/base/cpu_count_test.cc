// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_count.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace trireme {
namespace {

// A control group tree of plain files.
class CpuCountTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "cpu_count_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    mount_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(mount_); }

  void Write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((mount_ / file).parent_path());
    std::ofstream(mount_ / file) << text << '\n';
  }
  void WriteV1(const std::string& group, const std::string& quota, const std::string& period) {
    Write(group + "/cpu.cfs_quota_us", quota);
    Write(group + "/cpu.cfs_period_us", period);
  }
  double Quota(const std::string& self_cgroup) const { return CgroupCpuQuota(self_cgroup, mount_); }

  std::filesystem::path mount_;
};

TEST_F(CpuCountTest, Version2ReadsQuotaOverPeriod) {
  Write("job/cpu.max", "150000 100000");
  EXPECT_DOUBLE_EQ(Quota("0::/job\n"), 1.5);
}

TEST_F(CpuCountTest, Version2MaxIsNoQuota) {
  Write("job/cpu.max", "max 100000");
  EXPECT_TRUE(std::isinf(Quota("0::/job\n")));
}

TEST_F(CpuCountTest, Version2TheTightestGroupAboveDecides) {
  Write("slice/cpu.max", "200000 100000");
  Write("slice/job/cpu.max", "400000 100000");
  Write("slice/job/step/cpu.max", "max 100000");
  EXPECT_DOUBLE_EQ(Quota("0::/slice/job/step\n"), 2);
}

TEST_F(CpuCountTest, Version2InAContainerTheMountItselfDecides) {
  Write("cpu.max", "300000 100000");
  EXPECT_DOUBLE_EQ(Quota("0::/\n"), 3);
  EXPECT_DOUBLE_EQ(Quota("0::/docker/a-path-of-the-host\n"), 3);
}

TEST_F(CpuCountTest, Version1ReadsItsTwoFiles) {
  WriteV1("cpu,cpuacct/job", "250000", "100000");
  EXPECT_DOUBLE_EQ(Quota("7:memory:/job\n4:cpu,cpuacct:/job\n1:name=systemd:/job\n"), 2.5);
}

TEST_F(CpuCountTest, Version1WorksUnderTheControllersOwnName) {
  WriteV1("cpu/job", "50000", "100000");
  EXPECT_DOUBLE_EQ(Quota("4:cpu,cpuacct:/job\n"), 0.5);
}

TEST_F(CpuCountTest, Version1MinusOneIsNoQuota) {
  WriteV1("cpu/job", "-1", "100000");
  EXPECT_TRUE(std::isinf(Quota("4:cpu:/job\n")));
}

TEST_F(CpuCountTest, Version1TheTightestGroupAboveDecides) {
  WriteV1("cpu", "-1", "100000");
  WriteV1("cpu/slice", "100000", "100000");
  WriteV1("cpu/slice/job", "300000", "100000");
  EXPECT_DOUBLE_EQ(Quota("4:cpu:/slice/job\n"), 1);
}

TEST_F(CpuCountTest, OtherControllersSayNothingAboutProcessors) {
  WriteV1("cpuset/job", "50000", "100000");
  EXPECT_TRUE(std::isinf(Quota("4:cpuset:/job\n")));
}

TEST_F(CpuCountTest, NonsenseIsNoQuota) {
  Write("cpu.max", "many few");
  EXPECT_TRUE(std::isinf(Quota("0::/\n")));
  Write("cpu.max", "100000 0");
  EXPECT_TRUE(std::isinf(Quota("0::/\n")));
  for (const char* text : {"", "\n", "0", "0:", "no colons at all", "::::"})
    EXPECT_TRUE(std::isinf(Quota(text))) << text;
}

TEST(AvailableCpusTest, FollowsTheAffinityMask) {
  int narrowed = 0;
  // In a thread of its own: a mask is a thread's, and this process goes on afterwards.
  std::thread([&narrowed] {
    cpu_set_t all;
    ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &all)) {
        CPU_SET(cpu, &one);
        break;
      }
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    narrowed = AvailableCpus();
  }).join();
  EXPECT_EQ(narrowed, 1);
  EXPECT_GE(AvailableCpus(), 1);
}

}  // namespace
}  // namespace trireme
