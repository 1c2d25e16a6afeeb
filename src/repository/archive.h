// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// Files in one: a zip whose entries are deflated or stored, or a tar in gzip. Nothing else, and no other program is
// ever run to read one.
enum class ArchiveKind : uint8_t { kNone, kZip, kTarGzip };

// By the first bytes of a file; four are enough. What is gzip counts as kTarGzip.
ArchiveKind KindOfArchive(std::string_view beginning);

// What an archive may ask for. What its headers claim is added up before anything is inflated, in a zip that of all
// files, and all that comes is counted while it is read: a file that has more than it claims is refused there.
struct ArchiveLimits {
  size_t entries = 10'000;  // folders count, also those that nothing but a file's name tells of
  uint64_t bytes = uint64_t{64} << 30;
  // So many times its own size at most, once it has given `free_bytes`.
  uint64_t ratio = 200;
  uint64_t free_bytes = uint64_t{64} << 20;
  size_t name_bytes = 1024;  // of a whole path
};

struct ExtractedArchive {
  size_t files = 0;
  uint64_t bytes = 0;
};

// Unpacks an archive into a new folder: everything or nothing. It is written to a hidden folder beside, which is
// renamed at the end and removed on any failure, a full disk too (a process that is killed leaves it). Files are 0600
// and folders 0700, less the umask, whatever the archive says. What is written is not waited for to reach the disk.
//
// Names are relative UTF-8 paths that stay below the folder: not absolute, no "..", no "\", no control characters; none
// twice, be it as file or folder. Links, devices, sparse files and what is encrypted are refused.
//
// kNotFound: no such file; kAlreadyExists: something lies at `into`; kInvalidArgument: not such an archive, or one that
// is broken or holds what is refused; kTooLarge: over a limit; kUnavailable: it cannot be read, has changed meanwhile,
// or cannot be written. Messages name the archive, the entry, what was expected and what was found. Any bytes may come.
// Takes time of the bytes that come out, memory of the entries. Thread-safe.
Result<ExtractedArchive> ExtractArchive(const std::filesystem::path& archive, const std::filesystem::path& into,
                                        const ArchiveLimits& limits = {});

// The bytes of one file of an archive, looked for from its beginning: to say what an archive is before it is unpacked.
// Fails as ExtractArchive does, as far as it has to read; kNotFound also if the archive has no such file, kTooLarge
// also if that has more than `max_bytes`.
Result<std::string> ReadFromArchive(const std::filesystem::path& archive, std::string_view name, size_t max_bytes,
                                    const ArchiveLimits& limits = {});

}  // namespace trireme
