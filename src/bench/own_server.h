// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/url.h"

namespace trireme::bench {

// A server of our own, in a process that ends with this object, or with this one if that is killed. It is asked through
// a Unix socket, and listens nowhere else but on free ports of the loopback address.
class OwnServer {
 public:
  struct Options {
    std::filesystem::path program;       // that is run as `PROGRAM serve`
    std::filesystem::path folder;        // of our own, for its socket and its log
    std::vector<std::string> arguments;  // behind "serve"
    bool heeds_environment = true;       // whether it gets our environment's settings, TRIREME_THREADS and so on
  };

  // Returns once it listens. kUnavailable: it ended or did not listen within half a minute; the message has the end of
  // its log.
  static Result<std::unique_ptr<OwnServer>> Start(const Options& options);
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;
  ~OwnServer();

  // Kills it, whatever it does: who waits for an answer is told that there is none.
  void End() const;

  const client::Url& url() const { return url_; }
  std::string url_text() const { return "unix:" + socket_.string(); }
  pid_t pid() const { return pid_; }
  bool is_running() const;
  std::string EndOfLog() const;

 private:
  OwnServer(pid_t pid, std::filesystem::path socket, client::Url url, std::filesystem::path log);
  Status WaitUntilItListens() const;

  const pid_t pid_;
  const std::filesystem::path socket_;
  const client::Url url_;
  const std::filesystem::path log_;
};

}  // namespace trireme::bench
