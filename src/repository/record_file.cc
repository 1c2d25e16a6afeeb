// SPDX-License-Identifier: Apache-2.0
#include "repository/record_file.h"

#include <cstring>
#include <utility>

#include "codec/crc32c.h"

namespace trireme {

Result<RecordFile> RecordFile::Open(const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(OpenFile open, OpenFile::Open(file));
  return RecordFile(std::move(open));
}

Result<std::optional<std::string>> RecordFile::Next(size_t max_bytes) {
  if (at_ >= file_.size()) return std::optional<std::string>();
  uint64_t bytes = 0;
  ASSIGN_OR_RETURN(const std::string length, TakeChecked(sizeof(bytes), "length"));
  std::memcpy(&bytes, length.data(), sizeof(bytes));
  if (bytes > max_bytes) {
    return TooLarge("record " + std::to_string(count_) + ": expected at most " + std::to_string(max_bytes) +
                    " bytes, found " + std::to_string(bytes));
  }
  ASSIGN_OR_RETURN(std::string record, TakeChecked(bytes, "bytes"));
  ++count_;
  return std::optional(std::move(record));
}

Status RecordFile::Wrong(const std::string& found) const {
  return InvalidArgument("record " + std::to_string(count_) + ": " + found);
}

Result<std::string> RecordFile::TakeChecked(size_t bytes, const std::string& what) {
  uint32_t checksum = 0;
  const uint64_t left = file_.size() - at_;
  const auto cut_off = [&] { return Wrong("expected its " + what + " with a checksum, found the end of the file"); };
  if (left < sizeof(checksum) || left - sizeof(checksum) < bytes) return cut_off();
  std::string found(bytes + sizeof(checksum), '\0');
  ASSIGN_OR_RETURN(const size_t had, file_.ReadAt(at_, found));
  if (had < found.size()) return cut_off();
  std::memcpy(&checksum, found.data() + bytes, sizeof(checksum));
  found.resize(bytes);
  if (checksum != MaskCrc(Crc32c(found))) return Wrong("the checksum of its " + what + " does not fit");
  at_ += had;
  return found;
}

}  // namespace trireme
