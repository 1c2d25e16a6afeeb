// SPDX-License-Identifier: Apache-2.0
#include "server/model_downloads.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/excerpt.h"
#include "base/quiet_thread.h"
#include "client/url.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostNameBytes = 200;

std::string Reason(int error) {
  return std::generic_category().message(error);
}

bool IsThere(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

// A file under a hidden name, which is removed unless it is given another one.
class HiddenFile {
 public:
  explicit HiddenFile(const fs::path& whole)
      : path_((whole.parent_path() / ("." + whole.filename().string() + ".XXXXXX")).string()),
        fd_(mkostemp(path_.data(), O_CLOEXEC)) {}
  ~HiddenFile() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(path_.c_str());
  }
  HiddenFile(const HiddenFile&) = delete;
  HiddenFile& operator=(const HiddenFile&) = delete;

  bool is_open() const { return fd_ >= 0; }

  Status Write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return Unavailable("the model store cannot be written: " + Reason(errno));
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return {};
  }

  // In the place of nothing.
  Status Become(const fs::path& whole) const {
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, whole.c_str(), RENAME_NOREPLACE) == 0) return {};
    const bool cannot = errno == EINVAL || errno == ENOSYS;  // a file system that knows no such renaming
    if (cannot && link(path_.c_str(), whole.c_str()) == 0) return {};
    if (errno == EEXIST) return AlreadyExists("Model file already exists " + whole.filename().string());
    return Unavailable("the model store cannot be written: " + Reason(errno));
  }

 private:
  std::string path_;
  const int fd_;
};

// What is wrong with what somebody asked for, and what with us.
Status WhyNotFetched(const Status& fetched, const Status& written) {
  if (!written.ok()) return written;
  if (fetched.code() == StatusCode::kCancelled) return Unavailable("the server is shutting down");
  return InvalidArgument(fetched.message());
}

}  // namespace

Result<std::string> FileNameOfUrl(const std::string& url) {
  ASSIGN_OR_RETURN(const client::Url parsed, client::ParseUrl(url));
  const std::string path = parsed.path.substr(0, parsed.path.find('?'));
  std::string name = path.substr(path.rfind('/') + 1);
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("_-.+@~").find(c) != std::string_view::npos;
  };
  const bool fits = !name.empty() && name.size() <= kMostNameBytes && !name.starts_with('.');
  if (fits && std::ranges::all_of(name, is_plain)) return name;
  return InvalidArgument("expected a path that ends with the name of a file, of letters, digits and _-.+@~, found " +
                         Excerpt(name));
}

ModelDownloads::ModelDownloads(Options options) : options_(std::move(options)) {}

ModelDownloads::~ModelDownloads() {
  Stop();
}

void ModelDownloads::Start(const std::string& url, bool takes_existing, Done done) {
  const Result<std::string> name = FileNameOfUrl(url);
  if (!name.ok()) return done(InvalidArgument(name.status().message()), false);
  bool is_there = false;
  Result<fs::path> file = Reserve(*name, takes_existing, is_there);
  if (!file.ok() || is_there) return done(std::move(file), false);
  const auto job = [this, url, name = *name, file = *file, done] {
    Result<fs::path> fetched = file;
    RunQuietly({}, [&] { fetched = Download(url, file); });
    Release(name);
    const bool is_new = fetched.ok();
    done(std::move(fetched), is_new);
  };
  bool is_taken = false;
  {
    const MutexLock lock(mutex_);
    const bool stops = stop_.stopped();
    if (!stops && !workers_) {
      workers_ = std::make_unique<ThreadPool>(
          ThreadPool::Options{.name = "download", .threads = options_.at_a_time, .max_waiting = options_.max_waiting});
    }
    is_taken = !stops && workers_->Submit(job);
  }
  if (is_taken) return;
  Release(*name);
  done(stop_.stopped() ? Unavailable("the server is shutting down")
                       : Overloaded("too many downloads wait; try again later"),
       false);
}

Result<fs::path> ModelDownloads::Reserve(const std::string& name, bool takes_existing, bool& is_there) {
  const fs::path file = options_.folder / name;
  const MutexLock lock(mutex_);
  is_there = !under_way_.contains(name) && IsThere(file);
  if (is_there && takes_existing) return file;
  if (!is_there && under_way_.insert(name).second) return file;
  return AlreadyExists("Model file already exists " + name);
}

void ModelDownloads::Release(const std::string& name) {
  const MutexLock lock(mutex_);
  under_way_.erase(name);
}

Result<fs::path> ModelDownloads::Download(const std::string& url, const fs::path& file) const {
  const HiddenFile hidden(file);
  if (!hidden.is_open()) return Unavailable("the model store cannot be written: " + Reason(errno));
  Status written;
  const client::BodySink sink = [&](std::string_view bytes) { return written = hidden.Write(bytes); };
  const Status fetched = client::Fetch(url, options_.rules, sink, stop_);
  if (!fetched.ok()) return WhyNotFetched(fetched, written);
  RETURN_IF_ERROR(hidden.Become(file));
  return file;
}

void ModelDownloads::Stop() {
  stop_.Stop();
  std::unique_ptr<ThreadPool> workers;
  {
    const MutexLock lock(mutex_);
    workers = std::move(workers_);
  }
}

}  // namespace trireme
