// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trireme::torchserve {

// One model of a workflow, and how it is to be run.
struct WorkflowNode {
  std::string name;  // in the workflow: "a" of "w__a"
  std::string url;
  std::filesystem::path file;  // of the archive; empty: the URL leads into the model store
  int64_t min_workers = 1;
  int64_t max_workers = 1;
  std::optional<int64_t> batch_size = {};
  std::optional<std::chrono::milliseconds> max_batch_delay = {};
  int64_t retry_attempts = 1;                 // further attempts after the first
  std::chrono::milliseconds timeout{10'000};  // of one attempt
  // Places in the list of nodes: whose answers it is given, smaller than its own, and who is given its answer.
  std::vector<size_t> parents = {};
  std::vector<size_t> next = {};
};

// What a workflow archive says of itself; read by the server, which knows archives.
struct WorkflowFacts {
  std::string name;
  // As the workflow as a whole is described.
  int64_t min_workers = 1;
  int64_t max_workers = 1;
  int64_t batch_size = 1;
  std::chrono::milliseconds max_batch_delay{50};
  std::string dag;                              // "{a=[b, c], b=[d]}"
  std::vector<WorkflowNode> nodes;              // each behind all that come before it
  size_t leaf = 0;                              // the one that nothing follows
  std::vector<std::string> remarks;             // what has no effect
  std::shared_ptr<const void> files = nullptr;  // keeps what was unpacked; shared by whoever still reads it
};

}  // namespace trireme::torchserve
