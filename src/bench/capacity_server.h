// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "bench/capacity_plan.h"
#include "bench/own_server.h"

namespace trireme::bench {

// A server of our own that loads what it is told to. Its settings are those of the environment (TRIREME_THREADS and so
// on).
class CapacityServer {
 public:
  struct Options {
    std::filesystem::path program;  // that is run as `PROGRAM serve`
    std::filesystem::path folder;   // of our own, for its socket and its log
    std::filesystem::path models;   // that it serves
    std::string budget;             // its --budget; empty: what it thinks right
  };

  // As OwnServer::Start().
  static Result<std::unique_ptr<CapacityServer>> Start(const Options& options);

  // Loads a model and waits for it, ten minutes at most. A refusal has the server's words.
  Status Load(const std::string& model) const;
  Result<ModelMemory> Memory() const;
  // Bytes of the process, its share of what it shares with others (Pss); nothing if the system does not say.
  std::optional<uint64_t> ProcessBytes() const;

  // Kills it, whatever it does: who waits for an answer is told that there is none.
  void End() const { server_->End(); }

  std::string url_text() const { return server_->url_text(); }
  pid_t pid() const { return server_->pid(); }

 private:
  explicit CapacityServer(std::unique_ptr<OwnServer> server) : server_(std::move(server)) {}

  const std::unique_ptr<OwnServer> server_;
};

// From the text of /proc/PID/smaps_rollup.
std::optional<uint64_t> ReadPss(std::string_view smaps_rollup);

}  // namespace trireme::bench
