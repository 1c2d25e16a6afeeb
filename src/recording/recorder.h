// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status.h"
#include "model/infer_request.h"
#include "recording/recorded_call.h"

namespace trireme {

// Writes requests to a file as they come, for `trireme replay` (recording/recorded_call.h).
//
// A thread of its own writes; requests never wait for it. What is waiting to be written shares the tensors of requests
// and is bounded; what does not fit is counted and forgotten. Nothing of who asks is written but the tenant, and that
// only if it is wanted: no keys, no tokens, no headers. Thread-safe.
class Recorder {
 public:
  struct Options {
    std::filesystem::path file;
    uint64_t every = 1;                         // so many requests are counted for each that is recorded
    uint64_t max_bytes = uint64_t{1} << 30;     // of the file, with what was in it before; then recording ends
    std::set<std::string, std::less<>> models;  // only these; empty: all
    bool answers = false;                       // with the answers, so that a replay can compare
    bool tenants = false;
    std::string server;                           // name and version, for the file's head
    size_t max_waiting_bytes = size_t{64} << 20;  // of requests that are not written yet
    size_t max_waiting_requests = 10'000;
  };

  // Appends to a file that is there. Whatever its mode was, it is its owner's alone from now on. kInvalidArgument: it
  // cannot be written, is no file, or has max_bytes already. `log` outlives it.
  static Result<std::unique_ptr<Recorder>> Open(Options options, const Logger& log);
  ~Recorder();  // writes what is left
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Records the request if its turn has come, as it was sent. With answers its reply is wrapped, which must have
  // finished before the recorder goes.
  void Offer(InferRequest& request);

  struct Counts {
    uint64_t recorded = 0;
    uint64_t bytes = 0;         // of the file
    uint64_t too_many = 0;      // left out: more waited to be written than may
    uint64_t not_readable = 0;  // left out: tensors in memory that others may write to, or that cannot be read
    uint64_t after_end = 0;     // left out: the file was full, or could not be written any more
  };
  Counts counts() const;

 private:
  class AnswerSink;
  struct Waiting {
    RecordedCall call;  // without the answer's body
    std::optional<InferResponse> response;
    size_t bytes = 0;
  };

  Recorder(Options options, const Logger& log, int fd, uint64_t file_bytes);

  bool IsWanted(const InferRequest& request);
  Waiting Describe(const InferRequest& request) const;
  void Put(Waiting waiting);
  void Work();
  void Write(Waiting waiting);
  void Append(std::string_view text);
  void EndRecording(const char* why);

  const Options options_;
  const Logger& log_;
  const int fd_;
  const TimePoint began_;
  // Lone counters, which order nothing.
  std::atomic<uint64_t> seen_ = 0;
  std::atomic<uint64_t> recorded_ = 0;
  std::atomic<uint64_t> file_bytes_;
  std::atomic<uint64_t> too_many_ = 0;
  std::atomic<uint64_t> not_readable_ = 0;
  std::atomic<uint64_t> after_end_ = 0;
  std::atomic<bool> ended_ = false;  // a lone flag
  Mutex mutex_;
  CondVar changed_;
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);
  size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  bool closing_ GUARDED_BY(mutex_) = false;
  std::thread writer_;
};

}  // namespace trireme
