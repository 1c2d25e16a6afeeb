// SPDX-License-Identifier: Apache-2.0
#include "repository/files_being_written.h"

#include <algorithm>

#include "repository/below.h"

namespace trireme {

void FilesBeingWritten::Written(const std::string& file, TimePoint now) {
  until_[file] = now + kLongestSilence;
}

void FilesBeingWritten::Appeared(const std::string& file, TimePoint now) {
  TimePoint& until = until_[file];
  until = std::max(until, now + kDoubt);
}

void FilesBeingWritten::Closed(const std::string& file) {
  until_.erase(file);
}

void FilesBeingWritten::Gone(const std::string& path) {
  TakeAtAndBelow(until_, path, [](const auto&) {});
}

void FilesBeingWritten::Doubt(TimePoint now) {
  for (auto& [file, until] : until_) until = std::min(until, now + kDoubt);
}

std::vector<std::filesystem::path> FilesBeingWritten::At(TimePoint now) const {
  std::vector<std::filesystem::path> files;
  for (const auto& [file, until] : until_) {
    if (until > now) files.emplace_back(file);
  }
  return files;
}

TimePoint FilesBeingWritten::NextEnd(TimePoint now) const {
  TimePoint next = kNever;
  for (const auto& [file, until] : until_) {
    if (until > now) next = std::min(next, until);
  }
  return next;
}

}  // namespace trireme
