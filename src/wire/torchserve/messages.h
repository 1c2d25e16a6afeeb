// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trireme::torchserve {

// The texts of TorchServe's answers over HTTP, to the byte: printed as Gson does, with a line break behind. Those of
// gRPC are the same without it: WithoutNewline().
std::string_view WithoutNewline(std::string_view text);

// {"status": "Processing worker updates..."}
std::string EncodeStatus(std::string_view status);

// {"status": "Healthy"} or {"status": "Unhealthy"}, of /ping.
std::string EncodePing(bool is_healthy);

// {"name": "m", "ready": true}
std::string EncodeReady(std::string_view model, bool is_ready);

struct ListedModel {
  std::string name;
  std::string url;
};

// Which of `count` models, sorted by their names, an answer lists: those from `begin` on, before `end`.
struct Page {
  size_t begin = 0;
  size_t end = 0;
  std::optional<int64_t> next_token = {};
  bool operator==(const Page&) const = default;
};

// As TorchServe does it: a limit below 1 or over 100 is 100 (0 over gRPC alone there, whose pages over HTTP have no
// end), a token below 0 is 0, and a page that ends with the last model still has a next one, which is empty.
Page PageOf(size_t count, int64_t limit, int64_t token);

// {"nextPageToken": "2", "models": [{"modelName": ..., "modelUrl": ...}]}
std::string EncodeModelList(const std::vector<ListedModel>& models, std::optional<int64_t> next_token);
// {"nextPageToken": "2", "workflows": [{"workflowName": ..., "workflowUrl": ...}]}
std::string EncodeWorkflowList(const std::vector<ListedModel>& workflows, std::optional<int64_t> next_token);

struct WorkerDescription {
  std::string id;  // "9000"
  std::chrono::system_clock::time_point start_time;
  bool is_ready = true;  // else UNLOADING
  int64_t memory_bytes = 0;
  int64_t process = 0;
  bool on_gpu = false;
  std::string gpu_usage = "N/A";
};

// What GET /models/M says of one version. What is empty is left out.
struct ModelDescription {
  std::string name;
  std::string version;
  std::string url;
  std::optional<std::string> engine = {};
  std::string runtime = "python";
  int64_t min_workers = 0;
  int64_t max_workers = 0;
  int64_t batch_size = 1;
  std::chrono::milliseconds max_batch_delay = std::chrono::milliseconds(100);
  std::chrono::seconds response_timeout = std::chrono::seconds(120);
  std::chrono::seconds startup_timeout = std::chrono::seconds(120);
  std::chrono::seconds max_retry_timeout = std::chrono::seconds(300);
  std::chrono::milliseconds client_timeout = std::chrono::milliseconds(0);
  std::optional<std::string> parallel_type = {};
  int64_t parallel_level = 1;
  std::optional<std::string> device_type = {};
  std::optional<std::vector<int64_t>> device_ids = {};
  bool continuous_batching = false;
  bool use_job_ticket = false;
  bool use_venv = false;
  bool stateful = false;
  std::chrono::milliseconds sequence_max_idle = std::chrono::milliseconds(0);
  std::chrono::milliseconds sequence_timeout = std::chrono::milliseconds(0);
  int64_t max_num_sequence = 0;
  int64_t max_sequence_job_queue_size = 0;
  std::optional<std::string> status = {};
  bool loaded_at_startup = false;
  std::vector<WorkerDescription> workers = {};

  struct JobQueue {
    int64_t remaining_capacity = 0;
    int64_t pending_requests = 0;
  };
  std::optional<JobQueue> job_queue = {};
  std::optional<std::string> customized_metadata = {};  // a JSON object; anything else counts as {}
};

// A list, also of one.
std::string EncodeDescriptions(const std::vector<ModelDescription>& models);

}  // namespace trireme::torchserve
