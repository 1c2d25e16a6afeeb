// SPDX-License-Identifier: Apache-2.0
#include "repository/war_manifest.h"

#include <set>
#include <utility>

#include "codec/json_cursor.h"
#include "repository/model_name.h"
#include "repository/relative_name.h"

namespace trireme {
namespace {

constexpr size_t kMostDepth = 32;
constexpr size_t kMostNameBytes = 1024;

Status Wrong(std::string_view entry, std::string_view expected, const std::string& found) {
  return InvalidArgument(std::string(entry) + ": expected " + std::string(expected) + ", found " + found);
}

class Reader {
 public:
  explicit Reader(std::string_view json) : json_(json, kMostDepth) {}

  Result<WarManifest> Read() {
    RETURN_IF_ERROR(ReadObject("", [this](std::string_view key) { return ReadEntry(key); }));
    if (!json_.Finish()) return json_.status();
    return CheckWhole();
  }

 private:
  // Calls read(key) for each member, which reads its value or passes over it.
  template <typename Read>
  Status ReadObject(const std::string& place, Read read) {
    std::set<std::string, std::less<>> keys;
    if (!json_.EnterObject()) return AtPlace(place);
    while (const auto key = json_.NextKey()) {
      const std::string name(*key);
      if (!keys.insert(name).second) return Wrong(place + ShownName(name), "each entry once", "it again");
      RETURN_IF_ERROR(read(name));
      if (!json_.ok()) return AtPlace(place + ShownName(name));
    }
    return json_.ok() ? Status() : AtPlace(place);
  }

  Status AtPlace(const std::string& place) const {
    return place.empty() ? json_.status() : Status(json_.status()).Within(place);
  }

  Status ReadEntry(std::string_view key) {
    if (key == "workflow") return ReadWorkflow();
    if (key == "createdOn") return ReadText(manifest_.created_on);
    if (key == "archiverVersion") return ReadText(manifest_.archiver_version);
    json_.Skip();
    return {};
  }

  Status ReadWorkflow() {
    if (PassNull()) return {};
    has_workflow_ = true;
    return ReadObject("workflow.", [this](std::string_view key) { return ReadWorkflowEntry(key); });
  }

  Status ReadWorkflowEntry(std::string_view key) {
    if (key == "workflowName") return ReadText(manifest_.workflow_name);
    if (key == "workflowVersion") return ReadText(manifest_.workflow_version);
    if (key == "specFile") return ReadFileName(key, manifest_.spec_file);
    if (key == "handler") return ReadFileName(key, manifest_.handler);
    json_.Skip();
    return {};
  }

  bool PassNull() { return json_.Peek() == JsonCursor::Kind::kNull && json_.ReadNull(); }

  // A number counts as the text that spells it: versions are written as 1.0 too.
  Status ReadText(std::string& to) {
    if (PassNull()) return {};
    if (json_.Peek() == JsonCursor::Kind::kNumber) {
      if (const auto number = json_.ReadNumberText()) to = *number;
    } else if (const auto text = json_.ReadString()) {
      to = *text;
    }
    return {};
  }

  Status ReadFileName(std::string_view key, std::string& to) {
    RETURN_IF_ERROR(ReadText(to));
    if (to.empty() || CheckRelativeName(to, kMostNameBytes).ok()) return {};
    return Wrong("workflow." + std::string(key), "the name of a file of the archive", Quoted(to.substr(0, 256)));
  }

  Result<WarManifest> CheckWhole() {
    if (!has_workflow_) return InvalidArgument("Missing Workflow entry in manifest file.");
    if (manifest_.workflow_name.empty()) return InvalidArgument("Workflow name is not defined.");
    RETURN_IF_ERROR(CheckOpaqueName(manifest_.workflow_name).Within("workflow.workflowName"));
    if (manifest_.spec_file.empty()) return Wrong("workflow.specFile", "the name of a file of the archive", "nothing");
    return std::move(manifest_);
  }

  JsonCursor json_;
  WarManifest manifest_;
  bool has_workflow_ = false;
};

}  // namespace

Result<WarManifest> ParseWarManifest(std::string_view json) {
  if (json.size() > kMaxWarManifestBytes) {
    return InvalidArgument("expected at most " + std::to_string(kMaxWarManifestBytes) + " bytes, found more");
  }
  return Reader(json).Read();
}

}  // namespace trireme
