// SPDX-License-Identifier: Apache-2.0
#include "base/memory_limit.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

class MemoryLimitTest : public testing::Test {
 protected:
  void Write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = mount_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text << '\n';
  }
  uint64_t Limit(const std::string& self_cgroup) const { return CgroupMemoryLimit(self_cgroup, mount_.path()); }

  TempDir mount_;
};

TEST_F(MemoryLimitTest, Version2ReadsBytesOrMax) {
  Write("job/memory.max", "1073741824");
  Write("free/memory.max", "max");
  EXPECT_EQ(Limit("0::/job\n"), uint64_t{1} << 30);
  EXPECT_EQ(Limit("0::/free\n"), 0U);
}

TEST_F(MemoryLimitTest, TheTightestGroupAboveDecides) {
  Write("slice/memory.max", "1000000");
  Write("slice/job/memory.max", "2000000");
  EXPECT_EQ(Limit("0::/slice/job\n"), 1000000U);
}

TEST_F(MemoryLimitTest, Version1HasAnOwnHierarchy) {
  Write("memory/job/memory.limit_in_bytes", "5000000");
  EXPECT_EQ(Limit("5:memory:/job\n4:cpu:/other\n"), 5000000U);
}

TEST_F(MemoryLimitTest, Version1WithoutLimitHasAHugeNumber) {
  Write("memory/job/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(Limit("5:memory:/job\n"), 0U);
}

TEST_F(MemoryLimitTest, WithoutFilesThereIsNone) {
  EXPECT_EQ(Limit("0::/nowhere\n"), 0U);
  EXPECT_EQ(Limit(""), 0U);
}

TEST(AvailableMemory, IsThatOfThisMachineAtMost) {
  EXPECT_GT(AvailableMemory(), uint64_t{1} << 20);
}

}  // namespace
}  // namespace trireme
