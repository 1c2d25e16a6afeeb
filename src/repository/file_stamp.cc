// SPDX-License-Identifier: Apache-2.0
#include "repository/file_stamp.h"

#include <chrono>

namespace trireme {
namespace {

int64_t NanosecondsOf(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileStamp StampOf(const struct stat& found) {
  return {.device = found.st_dev,
          .inode = found.st_ino,
          .bytes = static_cast<uint64_t>(found.st_size),
          .modified_ns = NanosecondsOf(found.st_mtim),
          .changed_ns = NanosecondsOf(found.st_ctim)};
}

bool MayChangeUnseen(const FileStamp& stamp) {
  constexpr std::chrono::milliseconds kTick{50};
  const auto changed = std::chrono::nanoseconds(stamp.changed_ns);
  return std::chrono::system_clock::now().time_since_epoch() - changed < kTick;
}

}  // namespace trireme
