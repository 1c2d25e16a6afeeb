// SPDX-License-Identifier: Apache-2.0
#include "repository/file_system.h"

#include <sys/statfs.h>

#include <algorithm>
#include <array>

namespace trireme {
namespace {

// The numbers are of the kernel's interface, and do not change. Not all are in its headers.
constexpr std::array<uint32_t, 19> kOthersMayWrite = {
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB 2 and 3
    0x65735546,  // FUSE, virtiofs
    0x01021997,  // 9P
    0x794C7630,  // overlayfs: of the layers below
    0x0BD00BD0,  // Lustre
    0x00C36400,  // Ceph
    0x47504653,  // GPFS
    0x19830326,  // BeeGFS
    0x20030528,  // PVFS2, OrangeFS
    0x01161970,  // GFS2
    0x7461636F,  // OCFS2
    0x5346414F,  // AFS
    0x6B414653,  // kAFS
    0x73757245,  // Coda
    0x564C,      // NCP
    0x786F4256,  // VirtualBox's shared folders
};

}  // namespace

bool TellsOfAllChanges(uint32_t file_system) {
  return std::ranges::find(kOthersMayWrite, file_system) == kOthersMayWrite.end();
}

bool TellsOfAllChanges(const std::filesystem::path& path) {
  struct statfs found {};
  if (statfs(path.c_str(), &found) != 0) return true;
  return TellsOfAllChanges(static_cast<uint32_t>(found.f_type));
}

}  // namespace trireme
