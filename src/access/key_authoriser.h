// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "access/authoriser.h"
#include "access/key_table.h"
#include "base/log.h"
#include "base/snapshot.h"

namespace trireme {

// Knows callers by a file of keys (access/key_line.h), which it reads at the start, and again when it has changed. A
// key that is taken out of the file opens nothing from then on, on connections that are open too. A file that has
// become unreadable or wrong changes nothing but the log.
class KeyAuthoriser final : public Authoriser {
 public:
  using WallClock = std::function<std::chrono::system_clock::time_point()>;

  // Errors name the file, the line and the field. A file that others may read, or change, is a warning. `log` must
  // outlive it.
  static Result<std::unique_ptr<KeyAuthoriser>> Load(std::filesystem::path file, const Logger& log,
                                                     WallClock clock = std::chrono::system_clock::now);

  Result<Identity> Authenticate(const Credentials& credentials) override;
  bool asks_for_keys() const override { return true; }

  // Takes what the file says now. Called now and then by one thread (control).
  void Refresh();

  size_t keys() const { return table_.Read()->size(); }

  // How often a changed file was taken, or could not be; how many callers nobody knew. Read by any thread.
  struct Counts {
    uint64_t reloads = 0;
    uint64_t failures = 0;
    uint64_t unknown = 0;
  };
  Counts counts() const;

 private:
  KeyAuthoriser(std::filesystem::path file, const Logger& log, WallClock clock);

  const std::filesystem::path file_;
  const Logger& log_;
  const WallClock clock_;
  std::string text_;     // of the file, when it was last read; of the thread that calls Refresh()
  std::string trouble_;  // that was logged and is not over; of the same thread
  Snapshot<KeyTable> table_;
  std::atomic<uint64_t> reloads_ = 0;  // lone counters: they order nothing
  std::atomic<uint64_t> failures_ = 0;
  std::atomic<uint64_t> unknown_ = 0;
};

}  // namespace trireme
