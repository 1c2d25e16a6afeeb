// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace trireme {

// Whether the kernel tells of everything that happens to files there (inotify): false where other machines, or somebody
// behind the file system's back, may change them unseen: NFS, SMB, FUSE, overlays, cluster file systems. True of what
// cannot be asked. Thread-safe.
bool TellsOfAllChanges(const std::filesystem::path& path);

// The same of a kind of file system, by its number in statfs(2).
bool TellsOfAllChanges(uint32_t file_system);

}  // namespace trireme
