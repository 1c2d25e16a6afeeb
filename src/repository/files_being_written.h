// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace trireme {

// Which files somebody is writing just now, from what the kernel tells of them. Not thread-safe.
class FilesBeingWritten {
 public:
  // A file that nobody has written to for so long counts as whole even if nobody has closed it: some changes have no
  // end (truncate(2) opens nothing), and the end of others may be lost.
  static constexpr std::chrono::minutes kLongestSilence{5};
  // The same of one that was opened before it could be watched, if at all it is open.
  static constexpr std::chrono::seconds kDoubt{2};

  void Written(const std::string& file, TimePoint now);   // it has other bytes than before
  void Appeared(const std::string& file, TimePoint now);  // somebody may have it open since before it was watched
  void Closed(const std::string& file);                   // by one who could write
  void Gone(const std::string& path);                     // a file, or a folder with all below
  void Doubt(TimePoint now);                              // from here on ends may have been missed

  std::vector<std::filesystem::path> At(TimePoint now) const;

  // When the first of them ceases to be one without anything happening; kNever: none.
  TimePoint NextEnd(TimePoint now) const;

 private:
  std::map<std::string, TimePoint> until_;
};

}  // namespace trireme
