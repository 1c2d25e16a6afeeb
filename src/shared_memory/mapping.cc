// SPDX-License-Identifier: Apache-2.0
#include "shared_memory/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace trireme {
namespace {

constexpr size_t kMaxKeyBytes = 255;
// What Triton's Python backend calls its own.
constexpr std::string_view kReservedPrefix = "triton_python_backend_shm_region_";

Status CheckKey(const std::string& key) {
  const std::string_view name = key.empty() || key[0] != '/' ? std::string_view(key) : std::string_view(key).substr(1);
  const bool plain = !name.empty() && name.size() <= kMaxKeyBytes && name != "." && name != ".." &&
                     name.find('/') == std::string_view::npos &&
                     std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!plain) return InvalidArgument("key: expected a name as shm_open takes it, \"/name\", got '" + key + "'");
  if (name.starts_with(kReservedPrefix)) return InvalidArgument("key: '" + key + "' is reserved");
  return {};
}

// Closes what is not handed on.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Status CheckSize(const std::string& key, const struct stat& info, uint64_t offset, uint64_t bytes) {
  if (!S_ISREG(info.st_mode)) return InvalidArgument("key: '" + key + "' is no shared memory");
  const auto size = static_cast<uint64_t>(info.st_size);
  if (offset <= size && bytes <= size - offset) return {};
  return InvalidArgument("offset + byte_size: expected at most the " + std::to_string(size) + " bytes of '" + key +
                         "', got " + std::to_string(offset) + " + " + std::to_string(bytes));
}

}  // namespace

Result<std::shared_ptr<Mapping>> Mapping::Open(const std::string& key, uint64_t offset, uint64_t bytes) {
  RETURN_IF_ERROR(CheckKey(key));
  if (bytes == 0) return InvalidArgument("byte_size: expected more than 0");
  OpenFile file(shm_open(key.c_str(), O_RDWR, 0));
  if (file.get() < 0) {
    return InvalidArgument("unable to open shared memory region: '" + key +
                           "': " + std::generic_category().message(errno));
  }
  struct stat info {};
  fstat(file.get(), &info);  // of an open file: does not fail
  RETURN_IF_ERROR(CheckSize(key, info, offset, bytes));
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t before = offset % page;
  const auto mapped_bytes = static_cast<size_t>(before + bytes);  // both lie within a file's size: no overflow
  void* const base =
      mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), static_cast<off_t>(offset - before));
  if (base == MAP_FAILED) {
    return InvalidArgument("unable to map shared memory region: '" + key +
                           "': " + std::generic_category().message(errno));
  }
  // The constructor is private, which make_shared cannot see.
  const FileId id{.device = info.st_dev, .number = info.st_ino};
  std::shared_ptr<Mapping> mapping(new Mapping(file.Release(), id, base, mapped_bytes, offset, bytes));  // NOLINT
  if (!mapping->guard_.guarded()) return Unavailable("shared memory: too many regions are mapped; try again later");
  return mapping;
}

Mapping::Mapping(int fd, FileId file, void* base, size_t mapped_bytes, uint64_t offset, uint64_t bytes)
    : fd_(fd),
      file_(file),
      base_(base),
      mapped_bytes_(mapped_bytes),
      offset_(offset),
      bytes_(bytes),
      data_(static_cast<std::byte*>(base) + (mapped_bytes - bytes)),
      guard_(base, mapped_bytes) {}

Mapping::~Mapping() {
  munmap(base_, mapped_bytes_);
  close(fd_);
}

bool Mapping::StillHas(uint64_t offset, uint64_t bytes) const {
  struct stat info {};
  if (fstat(fd_, &info) != 0) return false;
  const auto size = static_cast<uint64_t>(info.st_size);
  return offset_ <= size && offset <= size - offset_ && bytes <= size - offset_ - offset;
}

bool Mapping::Overlap(const Mapping& a, std::span<const std::byte> in_a, const Mapping& b,
                      std::span<const std::byte> in_b) {
  const uint64_t begin_a = a.OffsetOf(in_a);
  const uint64_t begin_b = b.OffsetOf(in_b);
  return a.file_ == b.file_ && begin_a < begin_b + in_b.size() && begin_b < begin_a + in_a.size();
}

}  // namespace trireme
