// SPDX-License-Identifier: Apache-2.0
#include "predict/durable_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

namespace trireme::predict {
namespace {

Status SystemProblem(const std::filesystem::path& path, std::string_view what, int error) {
  return Unavailable(path.string() + " cannot be " + std::string(what) + ": " + std::generic_category().message(error));
}

}  // namespace

Result<std::unique_ptr<DurableFile>> DurableFile::Open(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return SystemProblem(path, "opened", errno);
  auto file = std::make_unique<DurableFile>(path, fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return AlreadyExists(path.string() + " is being written by another process");
  }
  return file;
}

Result<std::unique_ptr<DurableFile>> DurableFile::Open(const std::filesystem::path& path, uint64_t bytes) {
  ASSIGN_OR_RETURN(std::unique_ptr<DurableFile> file, Open(path));
  RETURN_IF_ERROR(file->Cut(bytes));
  return file;
}

DurableFile::~DurableFile() {
  close(fd_);
}

Status DurableFile::Failed(std::string_view what) const {
  return SystemProblem(path_, what, errno);
}

Status DurableFile::Cut(uint64_t bytes) {
  const off_t there = lseek(fd_, 0, SEEK_END);
  if (there < 0) return Failed("looked at");
  // The system would fill it up with zeros.
  if (static_cast<uint64_t>(there) < bytes) {
    return InvalidArgument(path_.string() + ": expected at least " + std::to_string(bytes) + " bytes, found " +
                           std::to_string(there));
  }
  if (ftruncate(fd_, static_cast<off_t>(bytes)) != 0 || lseek(fd_, 0, SEEK_END) < 0) return Failed("cut");
  bytes_ = bytes;
  return {};
}

Status DurableFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("written");
    bytes.remove_prefix(static_cast<size_t>(written));
    bytes_ += static_cast<uint64_t>(written);
  }
  return {};
}

Status DurableFile::AppendFile(const std::filesystem::path& other) {
  const int from = open(other.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return SystemProblem(other, "opened", errno);
  std::vector<char> block(size_t{1} << 20);
  Status status;
  while (status.ok()) {
    const ssize_t got = read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = SystemProblem(other, "read", errno);
    if (got <= 0) break;
    status = Append({block.data(), static_cast<size_t>(got)});
  }
  close(from);
  return status;
}

Status DurableFile::WriteAt(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("written");
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

Status DurableFile::Sync() {
  return fdatasync(fd_) == 0 ? Status() : Failed("written");
}

Status SyncPath(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemProblem(path, "opened", errno);
  const bool synced = fsync(fd) == 0;
  const int error = errno;
  close(fd);
  return synced ? Status() : SystemProblem(path, "written", error);
}

}  // namespace trireme::predict
