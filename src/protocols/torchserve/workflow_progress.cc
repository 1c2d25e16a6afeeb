// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/workflow_progress.h"

#include <utility>

namespace trireme::torchserve {

WorkflowProgress::WorkflowProgress(const WorkflowFacts& facts) : facts_(facts), answers_(facts.nodes.size()) {
  for (const WorkflowNode& node : facts.nodes) {
    missing_.push_back(node.parents.size());
    readers_.push_back(node.next.size());
  }
}

std::vector<size_t> WorkflowProgress::Begin() const {
  std::vector<size_t> first;
  for (size_t i = 0; i < facts_.nodes.size(); ++i) {
    if (facts_.nodes[i].parents.empty()) first.push_back(i);
  }
  return first;
}

std::vector<WorkflowProgress::Input> WorkflowProgress::InputsOf(size_t node) const {
  const std::vector<size_t>& parents = facts_.nodes[node].parents;
  std::vector<Input> inputs;
  for (const size_t parent : parents) {
    inputs.push_back(
        {.name = parents.size() == 1 ? std::string("body") : facts_.nodes[parent].name, .answer = answers_[parent]});
  }
  return inputs;
}

std::vector<size_t> WorkflowProgress::Finish(size_t node, std::string answer) {
  for (const size_t parent : facts_.nodes[node].parents) {
    if (--readers_[parent] == 0) answers_[parent] = nullptr;
  }
  answers_[node] = std::make_shared<const std::string>(std::move(answer));
  std::vector<size_t> due;
  for (const size_t next : facts_.nodes[node].next) {
    if (--missing_[next] == 0) due.push_back(next);
  }
  return due;
}

}  // namespace trireme::torchserve
