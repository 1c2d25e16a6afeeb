// SPDX-License-Identifier: Apache-2.0
#include "access/key_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <thread>
#include <utility>

#include "access/key_table.h"

namespace trireme {
namespace {

// Closes on its way out.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

std::string Reason(int error) {
  return std::generic_category().message(error);
}

Status CannotRead(const std::filesystem::path& file, const std::string& found) {
  return InvalidArgument(file.string() + ": expected a readable file of keys, found " + found);
}

// Where the file really lies: a symbolic link stays one.
std::filesystem::path PlaceOf(const std::filesystem::path& file) {
  std::error_code ignored;
  const std::filesystem::path target = std::filesystem::weakly_canonical(file, ignored);
  return target.empty() ? file : target;
}

std::string WarningOf(mode_t mode) {
  if ((mode & (S_IWGRP | S_IWOTH)) != 0) return "others may change it";
  return (mode & S_IROTH) != 0 ? "others may read it" : "";
}

Status WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Unavailable(Reason(errno));
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(fd) != 0) return Unavailable(Reason(errno));
  return {};
}

}  // namespace

Result<KeyFile> ReadKeyFile(const std::filesystem::path& file) {
  // Not blocking: a pipe of that name would wait for its writer.
  const OpenFile open_file(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (open_file.fd() < 0) {
    if (errno == ENOENT) return NotFound(file.string() + ": expected a file of keys, found no such file");
    return CannotRead(file, Reason(errno));
  }
  struct stat state {};
  if (fstat(open_file.fd(), &state) != 0) return CannotRead(file, Reason(errno));
  if (!S_ISREG(state.st_mode)) return CannotRead(file, "something that is no file");
  KeyFile read_file{.text = {}, .warning = WarningOf(state.st_mode)};
  std::array<char, 16384> block{};
  while (true) {
    const ssize_t n = read(open_file.fd(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return CannotRead(file, Reason(errno));
    if (n == 0) break;
    read_file.text.append(block.data(), static_cast<size_t>(n));
    if (read_file.text.size() > kMaxKeyFileBytes) {
      return CannotRead(file, "more than " + std::to_string(kMaxKeyFileBytes) + " bytes");
    }
  }
  return read_file;
}

Result<KeyFileTurn> KeyFileTurn::Take(const std::filesystem::path& file, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kLookEvery{10};
  const std::filesystem::path folder = PlaceOf(file).parent_path();
  KeyFileTurn turn(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (turn.fd_ < 0) return turn;  // reading or writing the file says why
  const auto end = std::chrono::steady_clock::now() + patience;
  while (flock(turn.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    if (std::chrono::steady_clock::now() >= end) {
      return Unavailable(file.string() + ": somebody else is changing keys in its folder; try again later");
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  return turn;
}

KeyFileTurn::~KeyFileTurn() {
  if (fd_ >= 0) close(fd_);
}

namespace {

// `keep`: what of the old file the new one is to have.
template <typename Keep>
Status Replace(const std::filesystem::path& place, const std::string& text, Keep keep) {
  std::string temporary = place.string() + ".XXXXXX";
  const OpenFile open_file(mkostemp(temporary.data(), O_CLOEXEC));  // which makes it 0600
  if (open_file.fd() < 0) return Unavailable(Reason(errno));
  Status written = WriteAll(open_file.fd(), text);
  if (written.ok()) written = keep(open_file.fd());
  if (written.ok() && rename(temporary.c_str(), place.c_str()) != 0) written = Unavailable(Reason(errno));
  if (!written.ok()) unlink(temporary.c_str());
  return written;
}

}  // namespace

Status WriteKeyFile(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path place = PlaceOf(file);
  const auto keep = [&place](int fd) -> Status {
    struct stat old {};
    if (stat(place.c_str(), &old) != 0) return {};
    // So that a server of another user, to whom the file was given, can still read it.
    if (fchown(fd, old.st_uid, old.st_gid) == 0 && fchmod(fd, old.st_mode & 0640) == 0) return {};
    return Unavailable("its owner cannot be kept: " + Reason(errno));
  };
  return Replace(place, text, keep).Within(file.string() + ": cannot be written");
}

Status WriteOwnKeyFile(const std::filesystem::path& file, const std::string& text) {
  return Replace(file, text, [](int) { return Status(); }).Within(file.string() + ": cannot be written");
}

}  // namespace trireme
