// SPDX-License-Identifier: Apache-2.0
#include "repository/file_stamp.h"

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

}  // namespace trireme
