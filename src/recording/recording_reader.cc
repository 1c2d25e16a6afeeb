// SPDX-License-Identifier: Apache-2.0
#include "recording/recording_reader.h"

#include <algorithm>
#include <span>
#include <utility>

namespace trireme {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;

}  // namespace

Result<RecordingReader> RecordingReader::Open(const std::filesystem::path& path, MemoryPool& pool) {
  ASSIGN_OR_RETURN(RegularFile file, RegularFile::Open(path));
  return RecordingReader(std::move(file), pool);
}

// Whether there is more.
Result<bool> RecordingReader::Fill() {
  const uint64_t left = file_.size() - std::min(file_.size(), offset_);
  chunk_.resize(static_cast<size_t>(std::min<uint64_t>(left, kChunkBytes)));
  at_ = 0;
  if (chunk_.empty()) return false;
  Status read = file_.Read(offset_, std::span<char>(chunk_));
  if (!read.ok()) return Unavailable(read.message());
  offset_ += chunk_.size();
  return true;
}

Result<std::optional<std::string>> RecordingReader::NextLine() {
  std::string line;
  bool is_long = false;
  has_end_ = false;
  while (!has_end_) {
    if (at_ == chunk_.size()) {
      ASSIGN_OR_RETURN(const bool has_more, Fill());
      if (!has_more) break;
    }
    const size_t feed = chunk_.find('\n', at_);
    const size_t end = std::min(feed, chunk_.size());
    is_long = is_long || line.size() + (end - at_) > kMostLineBytes;
    if (!is_long) line.append(chunk_, at_, end - at_);
    has_end_ = feed != std::string::npos;
    at_ = has_end_ ? end + 1 : end;
  }
  if (!has_end_ && line.empty() && !is_long) return std::optional<std::string>();
  ++number_;
  if (is_long) return TooLarge("expected at most " + std::to_string(kMostLineBytes) + " bytes, found more");
  return std::optional(std::move(line));
}

Result<std::optional<RecordingReader::Line>> RecordingReader::Next() {
  while (true) {
    Result<std::optional<std::string>> line = NextLine();
    if (line.status().code() == StatusCode::kUnavailable) return std::move(line).status();
    if (!line.ok()) return std::optional<Line>(Line{.number = number_, .call = std::move(line).status()});
    if (!*line) return std::optional<Line>();
    if ((*line)->empty()) continue;
    if (IsRecordingHead(**line)) {
      base_ = latest_;
      continue;
    }
    Line read{.number = number_, .call = DecodeCall(**line, *pool_)};
    if (read.call.ok()) {
      read.call->time += base_;
      latest_ = std::max(latest_, read.call->time);
    } else if (!has_end_) {
      read.call = std::move(read.call).status().Within("the file ends within the line");
    }
    return std::optional<Line>(std::move(read));
  }
}

}  // namespace trireme
