// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

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
    size_t max_waiting = 16;
  };
  // The file, and whether it has just been fetched. On a thread of its own, or before Start() returns; it may take its
  // time.
  using Done = std::function<void(Result<std::filesystem::path>, bool is_new)>;

  explicit ModelDownloads(Options options);
  ~ModelDownloads();  // Stop()
  ModelDownloads(const ModelDownloads&) = delete;
  ModelDownloads& operator=(const ModelDownloads&) = delete;

  // The file is called as the URL's path ends. kAlreadyExists: there is one of that name, or it is just being fetched;
  // with `takes_existing` what is there is the file. kInvalidArgument: it cannot be had, the message says why;
  // kUnavailable: it cannot be written, or the server is stopping; kOverloaded: too many wait.
  void Start(const std::string& url, bool takes_existing, Done done);

  // What is under way ends at once, and what comes later is refused. Returns when every `done` has been called.
  void Stop();

 private:
  Result<std::filesystem::path> Reserve(const std::string& name, bool takes_existing, bool& is_there);
  Result<std::filesystem::path> Download(const std::string& url, const std::filesystem::path& file) const;
  void Release(const std::string& name);

  const Options options_;
  client::StopSignal stop_;
  Mutex mutex_;
  std::set<std::string> under_way_ GUARDED_BY(mutex_);      // by the file's name
  std::unique_ptr<ThreadPool> workers_ GUARDED_BY(mutex_);  // null: none yet, or none any more
};

// What a URL's file is called: the last part of its path. kInvalidArgument: nothing that a model file can be called.
Result<std::string> FileNameOfUrl(const std::string& url);

}  // namespace trireme
