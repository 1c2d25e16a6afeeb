// SPDX-License-Identifier: Apache-2.0
#include "repository/war_workflow.h"

#include <string>
#include <utility>

#include "repository/file_contents.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

Result<std::string> Read(const fs::path& folder, const std::string& name, size_t max_bytes) {
  Result<fs::path> file = FindInside(folder, folder, name);
  if (!file.ok()) return InvalidArgument(name + ": expected a file of the archive, found " + file.status().message());
  Result<std::string> text = ReadFileContents(*file, max_bytes);
  if (!text.ok()) return std::move(text).status().Within(name);
  return text;
}

}  // namespace

Result<WarWorkflow> ReadWarFolder(const fs::path& folder) {
  ASSIGN_OR_RETURN(const std::string json, Read(folder, kWarManifestName, kMaxWarManifestBytes));
  Result<WarManifest> manifest = ParseWarManifest(json);
  if (!manifest.ok()) return std::move(manifest).status().Within(kWarManifestName);
  ASSIGN_OR_RETURN(const std::string yaml, Read(folder, manifest->spec_file, kMaxWorkflowSpecBytes));
  ASSIGN_OR_RETURN(WorkflowSpec spec, ParseWorkflowSpec(yaml, manifest->spec_file, manifest->handler));
  WarWorkflow workflow{.manifest = *std::move(manifest), .spec = std::move(spec), .files = {}};
  for (const WorkflowNode& node : workflow.spec.nodes) {
    fs::path& file = workflow.files.emplace_back();
    if (const Result<fs::path> found = FindInside(folder, folder, node.url); found.ok()) file = *found;
  }
  return workflow;
}

}  // namespace trireme
