// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "dialect/answer_deadlines.h"
#include "engine/engine.h"
#include "net/byte_budget.h"
#include "protocols/torchserve/model_book.h"
#include "protocols/torchserve/options.h"
#include "protocols/torchserve/snapshot_file.h"
#include "protocols/torchserve/workflow_book.h"
#include "protocols/torchserve/workflow_facts.h"
#include "tracing/tracer.h"

namespace trireme::torchserve {

// What an archive says of itself; read by the server, which knows archives.
struct ArchiveFacts {
  std::string model_name;  // empty: none
  std::string model_version;
  std::string runtime;
  std::string handler = {};  // empty: none
  // What its model-config.yaml says, where it has one.
  std::optional<int64_t> min_workers = {};
  std::optional<int64_t> max_workers = {};
  std::optional<int64_t> batch_size = {};  // these two are its model's already
  std::optional<std::chrono::milliseconds> max_batch_delay = {};
  std::optional<std::chrono::seconds> response_timeout = {};
  std::optional<std::chrono::seconds> startup_timeout = {};
  std::optional<std::chrono::milliseconds> client_timeout = {};
  std::optional<int64_t> job_queue_size = {};
  // What is odd in there, and counts as not given.
  std::vector<std::string> warnings = {};
};

// How many answers were sent over HTTP, by the hundreds of their status. Thread-safe.
struct AnswerCounts {
  std::array<std::atomic<uint64_t>, 6> of{};  // counts alone: they order nothing

  void Add(int status) {
    of.at(static_cast<size_t>(std::clamp(status / 100, 0, 5))).fetch_add(1, std::memory_order_relaxed);
  }
};

// What every call uses; outlives them all.
struct Services {
  Engine& engine;
  MemoryPool& pool;
  ThreadPool& codec_workers;  // read and write what would hold a loop up, and look at files
  Tracer& tracer;
  const Logger& log;
  Options options;
  ModelBook& book;
  WorkflowBook& workflows;
  SnapshotFile& snapshot;
  AnswerCounts& counts;
  bool tells_timing = true;  // answers to inference say where their time went
  // Null: a model that runs for longer than its response_timeout is waited for.
  AnswerDeadlines* deadlines = nullptr;
  // Of a file or folder with a manifest of TorchServe's; nothing: it has none. kInvalidArgument: a wrong one. On a
  // codec worker.
  std::function<Result<std::optional<ArchiveFacts>>(const std::filesystem::path&)> read_archive = nullptr;
  // Of a workflow archive or a folder that was one. kNotFound, kInvalidArgument: it is none, or a wrong one; kTooLarge;
  // kUnsupported: it needs Python; kUnavailable. Unpacks it, on a codec worker.
  std::function<Result<WorkflowFacts>(const std::filesystem::path&)> read_workflow = nullptr;
  // Of what nodes of workflows answered and others are to read, in all requests; shared with nobody else.
  std::shared_ptr<net::ByteBudget> between_nodes = nullptr;
  // Fetches the file of a URL into the model store, unless there is one of its name (which is the one, with
  // `takes_existing`, and not new); null: nothing is downloaded. Done once, on any thread but a loop, perhaps before it
  // returns. kAlreadyExists, kInvalidArgument: it cannot be had; kUnavailable, kOverloaded.
  std::function<void(const std::string& url, bool takes_existing,
                     std::function<void(Result<std::filesystem::path>, bool is_new)>)>
      download = nullptr;
  // Makes a key anew that opens one of the surfaces; null: there are no such keys. On a codec worker.
  enum class Surface : uint8_t { kInference, kManagement };
  std::function<Status(Surface)> renew_token = nullptr;
};

}  // namespace trireme::torchserve
