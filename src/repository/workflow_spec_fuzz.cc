// SPDX-License-Identifier: Apache-2.0
// Any bytes as a workflow's YAML file: what is read is in bounds, in order, and ends in one leaf.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "repository/model_name.h"
#include "repository/workflow_spec.h"

namespace trireme {
namespace {

void CheckSettings(const WorkflowSettings& settings) {
  CHECK(settings.min_workers > 0 && settings.max_workers >= settings.min_workers && settings.max_workers <= 1000);
  CHECK(settings.batch_size.value_or(1) > 0 && settings.retry_attempts >= 0 && settings.retry_attempts <= 100);
  CHECK(settings.timeout.count() > 0 && settings.max_batch_delay.value_or(settings.timeout).count() >= 0);
}

void CheckNode(const WorkflowSpec& spec, size_t place) {
  const WorkflowNode& node = spec.nodes[place];
  CHECK(CheckModelName(node.name).ok() && !node.url.empty());
  CHECK(node.next.empty() == (place == spec.leaf));
  CheckSettings(node.settings);
  for (const size_t parent : node.parents) {
    CHECK(parent < place && std::ranges::count(spec.nodes[parent].next, place) == 1);
  }
  for (const size_t next : node.next) {
    CHECK(next > place && next < spec.nodes.size() && std::ranges::count(spec.nodes[next].parents, place) == 1);
  }
}

}  // namespace
}  // namespace trireme

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string handler : {"", "functions.py"}) {
    const auto spec = ParseWorkflowSpec(text, "workflow.yaml", handler);
    if (!spec.ok()) {
      const StatusCode code = spec.status().code();
      CHECK(code == StatusCode::kInvalidArgument || (code == StatusCode::kUnsupported && !handler.empty()));
      CHECK(!spec.status().message().empty());
      continue;
    }
    CHECK(!spec->nodes.empty() && spec->nodes.size() <= kMostWorkflowNodes && spec->leaf < spec->nodes.size());
    CheckSettings(spec->defaults);
    for (size_t place = 0; place < spec->nodes.size(); ++place) CheckNode(*spec, place);
  }
  return 0;
}
