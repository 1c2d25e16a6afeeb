// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "protocols/torchserve/workflow_facts.h"

namespace trireme::torchserve {

// How far one request has come through a workflow: whose turn it is, and what was answered so far and is still needed.
// It decides; who uses it asks the models. Used on one thread.
class WorkflowProgress {
 public:
  // What one node answered; shared by those that are given it.
  using Answer = std::shared_ptr<const std::string>;
  struct Input {
    std::string name;  // "body" of a lone parent's answer, else the parent's own
    Answer answer;
  };

  // `facts` must outlive it.
  explicit WorkflowProgress(const WorkflowFacts& facts);

  // Who is given the request itself: those without parents.
  std::vector<size_t> Begin() const;

  // What a node is given, in the order in which the workflow names its parents; nothing: the request itself. Of one
  // whose turn it is.
  std::vector<Input> InputsOf(size_t node) const;

  // A node, whose turn it was and which is not the leaf, has answered; returns those whose turn it is now. What was
  // needed by this one alone is let go.
  std::vector<size_t> Finish(size_t node, std::string answer);

 private:
  const WorkflowFacts& facts_;
  std::vector<size_t> missing_;  // answers of parents, by node
  std::vector<size_t> readers_;  // of a node's answer that have not answered yet
  std::vector<Answer> answers_;
};

}  // namespace trireme::torchserve
