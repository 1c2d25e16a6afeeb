// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "wire/torchserve/requests.h"

namespace trireme::torchserve {

// POST /workflows. What is not given is empty.
struct WorkflowRequest {
  std::optional<std::string> url = {};
  std::string workflow_name = {};
  bool operator==(const WorkflowRequest&) const = default;
};
WorkflowRequest ReadWorkflowRequest(Parameters parameters);
// The same as a JSON object with these names. kInvalidArgument: no JSON object, or a value that is no text; null is
// nothing, and other members say nothing.
Result<WorkflowRequest> ParseWorkflowRequest(std::string_view text);

// What GET /workflows/W says.
struct WorkflowDescription {
  std::string name;
  std::string url;
  int64_t min_workers = 1;
  int64_t max_workers = 1;
  int64_t batch_size = 1;
  std::chrono::milliseconds max_batch_delay = std::chrono::milliseconds(50);
  std::string dag;  // "{a=[b, c], b=[d]}"
};

// A list of one.
std::string EncodeWorkflowDescription(const WorkflowDescription& workflow);

}  // namespace trireme::torchserve
