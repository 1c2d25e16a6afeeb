// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/data_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace trireme::tensorflow {
namespace {

// Constants that are mapped one by one begin with a page, so that no page is mapped twice.
constexpr uint64_t kPage = 4096;
constexpr uint64_t kLine = 64;

uint64_t RoundedUp(uint64_t offset, uint64_t to) {
  return (offset + to - 1) / to * to;
}

Status CannotWrite(int error) {
  return Unavailable("the folder for temporary files cannot be written to: " + std::generic_category().message(error));
}

}  // namespace

Result<DataFile> DataFile::Make() {
  ASSIGN_OR_RETURN(std::shared_ptr<const ScratchFolder> folder, ScratchFolder::Make());
  const int fd = open((folder->path() / kName).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return CannotWrite(errno);
  return DataFile(std::move(folder), fd);
}

DataFile::DataFile(DataFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      fd_(std::exchange(other.fd_, -1)),
      end_(other.end_),
      next_(other.next_),
      is_full_(other.is_full_) {}

DataFile::~DataFile() {
  if (fd_ >= 0) close(fd_);
}

std::optional<uint64_t> DataFile::Begin(uint64_t bytes) {
  if (is_full_) return std::nullopt;
  const uint64_t begin = RoundedUp(end_, bytes >= kPage ? kPage : kLine);
  // A page that could not be written when the disk is full would end the process once it is mapped.
  if (posix_fallocate(fd_, static_cast<off_t>(begin), static_cast<off_t>(bytes)) != 0) {
    is_full_ = true;
    return std::nullopt;
  }
  end_ = begin + bytes;
  next_ = begin;
  return begin;
}

Status DataFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(next_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return CannotWrite(written < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<size_t>(written));
    next_ += static_cast<uint64_t>(written);
  }
  return {};
}

}  // namespace trireme::tensorflow
