// SPDX-License-Identifier: Apache-2.0
#include "repository/file_system.h"

#include <gtest/gtest.h>
#include <linux/magic.h>

#include <cstdint>
#include <initializer_list>

namespace trireme {
namespace {

TEST(TellsOfAllChanges, IsNoWhereOthersMayWriteUnseen) {
  for (const int64_t kind : std::initializer_list<int64_t>{NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, V9FS_MAGIC,
                                                           OVERLAYFS_SUPER_MAGIC, CODA_SUPER_MAGIC, AFS_SUPER_MAGIC}) {
    EXPECT_FALSE(TellsOfAllChanges(static_cast<uint32_t>(kind))) << std::hex << kind;
  }
  EXPECT_FALSE(TellsOfAllChanges(0x65735546U)) << "FUSE";
  EXPECT_FALSE(TellsOfAllChanges(0xFF534D42U)) << "CIFS";
}

TEST(TellsOfAllChanges, IsYesOnThisMachinesDisks) {
  for (const int64_t kind :
       std::initializer_list<int64_t>{EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC}) {
    EXPECT_TRUE(TellsOfAllChanges(static_cast<uint32_t>(kind))) << std::hex << kind;
  }
}

TEST(TellsOfAllChanges, IsAskedOfTheFileSystemThatAPathLiesOn) {
  EXPECT_TRUE(TellsOfAllChanges("/proc/self"));
  EXPECT_TRUE(TellsOfAllChanges("/nowhere/at/all"));
}

}  // namespace
}  // namespace trireme
