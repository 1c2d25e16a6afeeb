// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "client/fetch.h"
#include "client/stop_signal.h"

namespace trireme {

// Fetches model files into a folder, some at a time, on threads of its own that stand back for everybody else. A file
// is written under a hidden name and gets its own when it is whole; one that is there already is never replaced.
//
// Thread-safe.
class ModelDownloads {
 public:
  struct Options {
    std::filesystem::path folder;
    client::FetchRules rules;
    int at_a_time = 2;
    size_t max_waiting = 16;  // but for what is wanted at the start
  };
  // The file, and whether it has just been fetched. On a thread of its own, or before Start() returns; it may take its
  // time.
  using Done = std::function<void(Result<std::filesystem::path>, bool is_new)>;

  explicit ModelDownloads(Options options);
  ~ModelDownloads();  // Stop()
  ModelDownloads(const ModelDownloads&) = delete;
  ModelDownloads& operator=(const ModelDownloads&) = delete;

  // The file is called as the URL's path ends. kAlreadyExists: there is one of that name, or it is just being fetched.
  // With `takes_existing`, of what is wanted at the start, what is there is the file, what is just being fetched is
  // waited for, and never do too many wait. kInvalidArgument: it cannot be had, the message says why; kUnavailable: it
  // cannot be written, or the server is stopping; kOverloaded: too many wait; kOutOfMemory. Should memory end half way,
  // `done` is dropped, and the name is free again.
  void Start(const std::string& url, bool takes_existing, Done done);

  // What is under way ends at once, and what comes later is refused. Returns when every `done` has been called.
  void Stop();

 private:
  class Job;
  // What becomes of one who wants a file.
  enum class Step : uint8_t { kTakesWhatIsThere, kWaitsWithOthers, kFetches };

  Result<Step> Enter(const std::string& name, bool takes_existing, const Done& done);
  bool Submit(const std::shared_ptr<Job>& job);
  Result<std::filesystem::path> Download(const std::string& url, const std::filesystem::path& file) const;
  std::vector<Done> Release(const std::string& name);

  const Options options_;
  client::StopSignal stop_;
  Mutex mutex_;
  std::map<std::string, std::vector<Done>> under_way_ GUARDED_BY(mutex_);  // who waits, by the file's name
  std::unique_ptr<ThreadPool> workers_ GUARDED_BY(mutex_);                 // null: none yet, or none any more
};

// What a URL's file is called: the last part of its path. kInvalidArgument: nothing that a model file can be called.
Result<std::string> FileNameOfUrl(const std::string& url);

}  // namespace trireme
