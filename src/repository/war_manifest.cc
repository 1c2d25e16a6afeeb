// SPDX-License-Identifier: Apache-2.0
#include "repository/war_manifest.h"

#include <utility>

#include "repository/archive_manifest.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

class Reader {
 public:
  explicit Reader(ArchiveManifest& from) : from_(from) {}

  Result<WarManifest> Read() {
    RETURN_IF_ERROR(from_.ReadObject("", [this](const std::string& entry) { return ReadEntry(entry); }));
    RETURN_IF_ERROR(from_.Finish());
    return CheckWhole();
  }

 private:
  Status ReadEntry(const std::string& entry) {
    if (entry == "workflow") return ReadWorkflow();
    if (entry == "createdOn") return from_.ReadText(manifest_.created_on);
    if (entry == "archiverVersion") return from_.ReadText(manifest_.archiver_version);
    return from_.Pass();
  }

  Status ReadWorkflow() {
    if (from_.PassNull()) return {};
    has_workflow_ = true;
    return from_.ReadObject("workflow.", [this](const std::string& entry) { return ReadWorkflowEntry(entry); });
  }

  Status ReadWorkflowEntry(const std::string& entry) {
    if (entry == "workflowName") return from_.ReadText(manifest_.workflow_name);
    if (entry == "workflowVersion") return from_.ReadText(manifest_.workflow_version);
    if (entry == "specFile") return from_.ReadFileName("workflow.specFile", manifest_.spec_file);
    if (entry == "handler") return from_.ReadFileName("workflow.handler", manifest_.handler);
    return from_.Pass();
  }

  Result<WarManifest> CheckWhole() {
    if (!has_workflow_) return InvalidArgument("Missing Workflow entry in manifest file.");
    if (manifest_.workflow_name.empty()) return InvalidArgument("Workflow name is not defined.");
    RETURN_IF_ERROR(CheckOpaqueName(manifest_.workflow_name).Within("workflow.workflowName"));
    if (manifest_.spec_file.empty()) {
      return WrongEntry("workflow.specFile", "the name of a file of the archive", "nothing");
    }
    return std::move(manifest_);
  }

  ArchiveManifest& from_;
  WarManifest manifest_;
  bool has_workflow_ = false;
};

}  // namespace

Result<WarManifest> ParseWarManifest(std::string_view json) {
  ASSIGN_OR_RETURN(ArchiveManifest from, ArchiveManifest::Begin(json, kMaxWarManifestBytes));
  return Reader(from).Read();
}

}  // namespace trireme
