// SPDX-License-Identifier: Apache-2.0
#include "server/torchserve_workflows.h"

#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/scratch_folder.h"
#include "repository/archive.h"
#include "repository/war_workflow.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

// A workflow has a spec, functions and perhaps some models: not what a repository may have.
constexpr ArchiveLimits kLimits = {.entries = 1000, .bytes = uint64_t{16} << 30};

torchserve::WorkflowNode NodeOf(WorkflowNode node, fs::path file) {
  const WorkflowSettings& settings = node.settings;
  return {.name = std::move(node.name),
          .url = std::move(node.url),
          .file = std::move(file),
          .min_workers = settings.min_workers,
          .max_workers = settings.max_workers,
          .batch_size = settings.batch_size,
          .max_batch_delay = settings.max_batch_delay,
          .retry_attempts = settings.retry_attempts,
          .timeout = settings.timeout,
          .parents = std::move(node.parents),
          .next = std::move(node.next)};
}

torchserve::WorkflowFacts FactsOf(WarWorkflow workflow) {
  WorkflowSpec& spec = workflow.spec;
  torchserve::WorkflowFacts facts{.name = std::move(workflow.manifest.workflow_name),
                                  .min_workers = spec.defaults.min_workers,
                                  .max_workers = spec.defaults.max_workers,
                                  .dag = std::move(spec.dag),
                                  .nodes = {},
                                  .leaf = spec.leaf,
                                  .remarks = std::move(spec.remarks)};
  facts.batch_size = spec.defaults.batch_size.value_or(facts.batch_size);
  facts.max_batch_delay = spec.defaults.max_batch_delay.value_or(facts.max_batch_delay);
  for (size_t i = 0; i < spec.nodes.size(); ++i) {
    facts.nodes.push_back(NodeOf(std::move(spec.nodes[i]), std::move(workflow.files[i])));
  }
  return facts;
}

}  // namespace

Result<torchserve::WorkflowFacts> ReadWorkflowFacts(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    ASSIGN_OR_RETURN(WarWorkflow workflow, ReadWarFolder(path));
    return FactsOf(std::move(workflow));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const ScratchFolder> scratch, ScratchFolder::Make());
  const fs::path folder = scratch->path() / "workflow";
  RETURN_IF_ERROR(ExtractArchive(path, folder, kLimits).status());
  ASSIGN_OR_RETURN(WarWorkflow workflow, ReadWarFolder(folder));
  torchserve::WorkflowFacts facts = FactsOf(std::move(workflow));
  facts.files = scratch;
  return facts;
}

}  // namespace trireme
