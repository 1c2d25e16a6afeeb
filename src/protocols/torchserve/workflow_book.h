// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "protocols/torchserve/failure.h"
#include "protocols/torchserve/workflow_facts.h"
#include "wire/torchserve/model_settings.h"

namespace trireme::torchserve {

// What a node's model is called: "w__a".
std::string ModelOfNode(std::string_view workflow, std::string_view node);

// 404
Failure WorkflowNotFound(std::string_view workflow);

// A workflow that is registered, with its models. Shared by the book and by the requests that run through it, so that
// its models go only when the last of them is answered.
struct Workflow {
  Workflow(std::string own_name, std::string from, WorkflowFacts said)
      : name(std::move(own_name)), url(std::move(from)), facts(std::move(said)) {}
  ~Workflow() {
    if (when_unused) when_unused();
  }
  Workflow(const Workflow&) = delete;
  Workflow& operator=(const Workflow&) = delete;

  const std::string name;
  const std::string url;
  const WorkflowFacts facts;
  // Called when nobody has it any more, on the thread that had it last. Set by whoever took it out of the book.
  std::function<void()> when_unused = nullptr;
};

// The workflows that TorchServe's clients registered, and the models that they hold, which nobody else may take or
// remove. Thread-safe.
class WorkflowBook {
 public:
  // Reserves its name and those of its models before they are loaded; kConflictStatus: one of them is taken. Then one
  // of the two: it has failed, or it is there.
  std::optional<Failure> Reserve(const std::string& workflow, const std::vector<WorkflowNode>& nodes);
  void Release(const std::string& workflow);
  void Enter(std::shared_ptr<Workflow> workflow);

  // Null: there is none, or it is not there yet. Quick enough for every request.
  std::shared_ptr<const Workflow> Find(std::string_view workflow) const;

  // No request finds it from now on; its names stay reserved until Release(). Null: there is none.
  std::shared_ptr<Workflow> Remove(std::string_view workflow);

  // By their names.
  std::vector<std::shared_ptr<const Workflow>> All() const;

  // What was wanted at the start stays in the book for the next start until it is registered or unregistered.
  void Keep(WorkflowToLoad wanted);
  // Whether there was one that is not there.
  bool ForgetKept(const std::string& workflow);
  // By their names; those that are not there, yet or any more.
  std::vector<WorkflowToLoad> Kept() const;

  // The workflow that has this model, or is about to.
  std::optional<std::string> HolderOf(std::string_view model) const;

 private:
  struct Entry {
    std::shared_ptr<Workflow> workflow;  // null: on its way, in or out
    std::vector<std::string> models;
  };

  mutable Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mutex_);
  std::map<std::string, std::string, std::less<>> holders_ GUARDED_BY(mutex_);  // by models
  std::map<std::string, std::string, std::less<>> kept_ GUARDED_BY(mutex_);     // their URLs
};

}  // namespace trireme::torchserve
