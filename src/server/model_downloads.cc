// SPDX-License-Identifier: Apache-2.0
#include "server/model_downloads.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <limits>
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
  if (fetched.code() == StatusCode::kOutOfMemory) return fetched;
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

// A file on its way to all who wait for it.
class ModelDownloads::Job {
 public:
  Job(ModelDownloads& downloads, std::string url, std::string name)
      : downloads_(downloads), url_(std::move(url)), name_(std::move(name)) {}
  // Memory has ended on the way: those who wait are dropped.
  ~Job() {
    if (has_begun_) (void)downloads_.Release(name_);
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // From now on the file is under way.
  void Begin() { has_begun_ = true; }

  void Run() {
    Result<fs::path> fetched = downloads_.options_.folder / name_;
    RunQuietly({}, [&] { fetched = downloads_.Download(url_, *fetched); });
    End(fetched);
  }

  // Once.
  void End(const Result<fs::path>& fetched) {
    has_begun_ = false;
    for (const Done& done : downloads_.Release(name_)) done(fetched, fetched.ok());
  }

 private:
  ModelDownloads& downloads_;
  const std::string url_;
  const std::string name_;
  bool has_begun_ = false;
};

ModelDownloads::ModelDownloads(Options options) : options_(std::move(options)) {}

ModelDownloads::~ModelDownloads() {
  Stop();
}

void ModelDownloads::Start(const std::string& url, bool takes_existing, Done done) {
  const Result<std::string> name = FileNameOfUrl(url);
  if (!name.ok()) return done(InvalidArgument(name.status().message()), false);
  const auto job =
      std::make_shared<Job>(*this, url, *name);  // shared by the copies that a std::function makes of itself
  const Result<Step> step = Enter(*name, takes_existing, done);
  if (!step.ok()) return done(step.status(), false);
  switch (*step) {
    case Step::kTakesWhatIsThere:
      return done(options_.folder / *name, false);
    case Step::kWaitsWithOthers:
      return;
    case Step::kFetches:
      job->Begin();
      if (!Submit(job)) job->End(Unavailable("the server is shutting down"));
  }
}

Result<ModelDownloads::Step> ModelDownloads::Enter(const std::string& name, bool takes_existing, const Done& done) {
  const Status exists = AlreadyExists("Model file already exists " + name);
  const MutexLock lock(mutex_);
  if (const auto found = under_way_.find(name); found != under_way_.end()) {
    if (!takes_existing) return exists;
    found->second.push_back(done);
    return Step::kWaitsWithOthers;
  }
  if (IsThere(options_.folder / name)) return takes_existing ? Result<Step>(Step::kTakesWhatIsThere) : exists;
  const size_t most = static_cast<size_t>(options_.at_a_time) + options_.max_waiting;
  if (!takes_existing && under_way_.size() >= most) return Overloaded("too many downloads wait; try again later");
  under_way_.emplace(name, std::vector<Done>(1, done));
  return Step::kFetches;
}

bool ModelDownloads::Submit(const std::shared_ptr<Job>& job) {
  constexpr size_t kAnyNumber = std::numeric_limits<size_t>::max();  // Enter() counts them
  const MutexLock lock(mutex_);
  if (stop_.stopped()) return false;
  if (!workers_) {
    workers_ = std::make_unique<ThreadPool>(
        ThreadPool::Options{.name = "download", .threads = options_.at_a_time, .max_waiting = kAnyNumber});
  }
  return workers_->Submit([job] { job->Run(); });
}

std::vector<ModelDownloads::Done> ModelDownloads::Release(const std::string& name) {
  std::vector<Done> waiting;
  const MutexLock lock(mutex_);
  const auto found = under_way_.find(name);
  if (found == under_way_.end()) return waiting;
  waiting = std::move(found->second);
  under_way_.erase(found);
  return waiting;
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
