// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "bench/capacity_plan.h"
#include "client/kserve_client.h"
#include "client/url.h"

namespace trireme::bench {

// A server of our own, in a process that ends with this object: it loads what it is told to, and is asked through a
// Unix socket. Its settings are those of the environment (TRIREME_THREADS and so on).
class CapacityServer {
 public:
  struct Options {
    std::filesystem::path program;  // that is run as `PROGRAM serve`
    std::filesystem::path folder;   // of our own, for its socket and its log
    std::filesystem::path models;   // that it serves
    std::string budget;             // its --budget; empty: what it thinks right
  };

  // Returns once it listens. kUnavailable: it ended or did not listen within half a minute; the message has the end of
  // its log.
  static Result<std::unique_ptr<CapacityServer>> Start(const Options& options);
  CapacityServer(const CapacityServer&) = delete;
  CapacityServer& operator=(const CapacityServer&) = delete;
  ~CapacityServer();

  // Loads a model and waits for it, ten minutes at most. A refusal has the server's words.
  Status Load(const std::string& model) const;
  Result<ModelMemory> Memory() const;
  // Bytes of the process, its share of what it shares with others (Pss); nothing if the system does not say.
  std::optional<uint64_t> ProcessBytes() const;

  // Kills it, whatever it does: who waits for an answer is told that there is none.
  void End() const;

  std::string url_text() const { return "unix:" + socket_.string(); }
  pid_t pid() const { return pid_; }
  bool is_running() const;

 private:
  CapacityServer(pid_t pid, std::filesystem::path socket, client::Url url, std::filesystem::path log);
  Status WaitUntilItListens() const;
  std::string EndOfLog() const;

  const pid_t pid_;
  const std::filesystem::path socket_;
  const client::Url url_;
  const std::filesystem::path log_;
};

// From the text of /proc/PID/smaps_rollup.
std::optional<uint64_t> ReadPss(std::string_view smaps_rollup);

}  // namespace trireme::bench
