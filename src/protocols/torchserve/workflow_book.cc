// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/workflow_book.h"

namespace trireme::torchserve {
namespace {

Failure Taken(std::string message) {
  return {.type = ErrorType::kConflictStatus, .message = std::move(message)};
}

}  // namespace

std::string ModelOfNode(std::string_view workflow, std::string_view node) {
  return std::string(workflow) + "__" + std::string(node);
}

Failure WorkflowNotFound(std::string_view workflow) {
  return {.type = ErrorType::kWorkflowNotFound, .message = "Workflow not found: " + std::string(workflow)};
}

std::optional<Failure> WorkflowBook::Reserve(const std::string& workflow, const std::vector<WorkflowNode>& nodes) {
  const MutexLock lock(mutex_);
  if (const auto entry = entries_.find(workflow); entry != entries_.end()) {
    if (entry->second.workflow != nullptr) return Taken("Workflow " + workflow + " is already registered.");
    return Taken("Workflow " + workflow + " is just being registered or unregistered.");
  }
  Entry entry;
  for (const WorkflowNode& node : nodes) {
    std::string model = ModelOfNode(workflow, node.name);
    if (const auto holder = holders_.find(model); holder != holders_.end()) {
      return Taken("Model \"" + model + "\" belongs to workflow \"" + holder->second + "\"");
    }
    entry.models.push_back(std::move(model));
  }
  for (const std::string& model : entry.models) holders_.emplace(model, workflow);
  entries_.emplace(workflow, std::move(entry));
  return std::nullopt;
}

void WorkflowBook::Release(const std::string& workflow) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(workflow);
  if (entry == entries_.end()) return;
  for (const std::string& model : entry->second.models) holders_.erase(model);
  entries_.erase(entry);
}

void WorkflowBook::Enter(std::shared_ptr<Workflow> workflow) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(workflow->name);
  if (entry == entries_.end()) return;
  kept_.erase(workflow->name);
  entry->second.workflow = std::move(workflow);
}

std::shared_ptr<const Workflow> WorkflowBook::Find(std::string_view workflow) const {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(workflow);
  return entry == entries_.end() ? nullptr : entry->second.workflow;
}

std::shared_ptr<Workflow> WorkflowBook::Remove(std::string_view workflow) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(workflow);
  return entry == entries_.end() ? nullptr : std::exchange(entry->second.workflow, nullptr);
}

std::vector<std::shared_ptr<const Workflow>> WorkflowBook::All() const {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<const Workflow>> all;
  for (const auto& [name, entry] : entries_) {
    if (entry.workflow != nullptr) all.push_back(entry.workflow);
  }
  return all;
}

void WorkflowBook::Keep(WorkflowToLoad wanted) {
  const MutexLock lock(mutex_);
  kept_.insert_or_assign(std::move(wanted.name), std::move(wanted.url));
}

bool WorkflowBook::ForgetKept(const std::string& workflow) {
  const MutexLock lock(mutex_);
  return !entries_.contains(workflow) && kept_.erase(workflow) > 0;
}

std::vector<WorkflowToLoad> WorkflowBook::Kept() const {
  const MutexLock lock(mutex_);
  std::vector<WorkflowToLoad> kept;
  for (const auto& [name, url] : kept_) kept.push_back({.name = name, .url = url});
  return kept;
}

std::optional<std::string> WorkflowBook::HolderOf(std::string_view model) const {
  const MutexLock lock(mutex_);
  const auto holder = holders_.find(model);
  return holder == holders_.end() ? std::nullopt : std::optional(holder->second);
}

}  // namespace trireme::torchserve
