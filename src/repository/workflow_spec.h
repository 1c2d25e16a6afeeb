// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme {

inline constexpr size_t kMaxWorkflowSpecBytes = size_t{64} << 10;
inline constexpr size_t kMostWorkflowNodes = 100;
inline constexpr size_t kMostWorkflowEdges = 1000;

// How the models of a workflow are to be run; where nothing was said it is as TorchServe has it.
struct WorkflowSettings {
  int64_t min_workers = 1;
  int64_t max_workers = 1;            // at least min_workers
  std::optional<int64_t> batch_size;  // 1 or more
  std::optional<std::chrono::milliseconds> max_batch_delay;
  int64_t retry_attempts = 1;                 // further attempts after the first
  std::chrono::milliseconds timeout{10'000};  // of one attempt
};

struct WorkflowNode {
  std::string name;  // as CheckModelName wants it
  std::string url;   // of its model
  WorkflowSettings settings;
  // Places of other nodes in the list of all, in the order in which the file names them. Those that come before it
  // have smaller ones.
  std::vector<size_t> parents;
  std::vector<size_t> next;
};

// What the YAML file of a TorchServe workflow says: models, and which of them is given what others answered.
struct WorkflowSpec {
  WorkflowSettings defaults;
  std::vector<WorkflowNode> nodes;   // each behind all that come before it; one at least
  size_t leaf = 0;                   // the one that nothing follows; its answer is the workflow's
  std::string dag;                   // as TorchServe shows it: "{a=[b, c], b=[d]}"
  std::vector<std::string> remarks;  // what has no effect, by line and key
};

// Reads one; `file` is its name for messages, and `handler` that of the workflow's Python, or empty.
//
// kInvalidArgument names file, line or node, what was expected and what was found: no YAML, a value of the wrong type
// or out of bounds, an edge to a node that there is not, a circle, no leaf or several, a model that stands in no edge.
// kUnsupported: nodes that are functions of the handler, by name. Any bytes may come; takes little more than their
// time.
Result<WorkflowSpec> ParseWorkflowSpec(std::string_view yaml, const std::string& file, const std::string& handler);

}  // namespace trireme
