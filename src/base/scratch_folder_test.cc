// SPDX-License-Identifier: Apache-2.0
#include "base/scratch_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

class ScratchFolderTest : public testing::Test {
 protected:
  ScratchFolderTest() { setenv("TMPDIR", above_.path().c_str(), 1); }
  ~ScratchFolderTest() override { unsetenv("TMPDIR"); }

  const TempDir above_;
};

TEST_F(ScratchFolderTest, IsRemovedWithWhatIsInIt) {
  fs::path path;
  {
    const auto folder = ScratchFolder::Make();
    ASSERT_TRUE(folder.ok()) << folder.status();
    path = (*folder)->path();
    EXPECT_EQ(path.parent_path(), above_.path());
    std::ofstream(path / "file") << "text";
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(ScratchFolderTest, RemovesWhatAKilledProcessLeftAndNothingElse) {
  fs::create_directories(above_ / "trireme-load-abc123" / "inside");
  fs::create_directories(above_ / "trireme-load-of-somebody");
  fs::create_directory_symlink(above_ / "trireme-load-of-somebody", above_ / "trireme-load-a-link");
  const auto first = ScratchFolder::Make();
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = ScratchFolder::Make();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(fs::exists(above_ / "trireme-load-abc123"));
  EXPECT_TRUE(fs::exists(above_ / "trireme-load-of-somebody"));
  EXPECT_TRUE(fs::exists((*first)->path())) << "it is in use";
  EXPECT_TRUE(fs::exists((*second)->path()));
}

}  // namespace
}  // namespace trireme
