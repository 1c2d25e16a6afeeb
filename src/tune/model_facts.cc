// SPDX-License-Identifier: Apache-2.0
#include "tune/model_facts.h"

#include <array>
#include <set>
#include <system_error>
#include <utility>

#include "codec/sha256.h"
#include "repository/content_digest.h"
#include "repository/file_contents.h"
#include "repository/folder.h"
#include "repository/scan.h"
#include "repository/transform_file.h"
#include "repository/version_files.h"

namespace trireme::tune {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostTransformBytes = size_t{1} << 20;  // more than the scan takes

// "a, b and c", of a few.
std::string NamesIn(const std::set<std::string>& names) {
  constexpr size_t kMostShown = 5;
  std::string text;
  size_t shown = 0;
  for (const std::string& name : names) {
    if (shown++ == kMostShown) return text + " and " + std::to_string(names.size() - kMostShown) + " more";
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

Status CheckIsOne(const fs::path& path, const RepositoryScan& scan) {
  std::set<std::string> names;
  for (const ModelEntry& model : scan.models) names.insert(model.id.name);
  const std::string where = "'" + path.string() + "'";
  if (names.size() > 1) return InvalidArgument(where + ": expected one model, found " + NamesIn(names));
  if (!names.empty()) return {};
  if (!scan.problems.empty()) return scan.problems.front().status;
  for (const RootLook& root : scan.roots) RETURN_IF_ERROR(root.status);
  return InvalidArgument(where + ": expected a model, found none");
}

Decided DecidedBy(const ModelConfig& config) {
  return {.batch = config.max_rows != 0,
          .callers = config.instances != 0,
          .threads = config.threads != 0,
          .delay = config.max_delay.count() != 0,
          .device = config.copies != ModelConfig().copies};
}

}  // namespace

std::string ModelFacts::SloOf(const std::optional<ServiceGoal>& told) const {
  if (!goal) return told ? ToString(*told) : "";
  return name + ":" + (told ? ToString(*told) : "none");  // instead of what its own file says
}

Result<ModelFacts> LookAtModel(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return NotFound("'" + path.string() + "': expected a model, found no such file or folder");
  }
  const std::array paths = {fs::absolute(path, error)};
  ASSIGN_OR_RETURN(const RepositoryScan scan, ScanRepository(paths, {}));
  RETURN_IF_ERROR(CheckIsOne(path, scan));
  ModelFacts facts = {.name = scan.models.back().id.name, .path = paths[0]};
  Sha256Stream all;
  for (const ModelEntry& version : scan.models) {
    ASSIGN_OR_RETURN(const VersionFiles files, FilesOfVersion(version));
    ASSIGN_OR_RETURN(const Digest digest, ContentDigest(files));
    all.Add(version.id.text() + " " + ToHex(digest) + "\n");
    if (version.config_message != nullptr) all.Add(*version.config_message);
    facts.bytes += version.file_bytes;
  }
  const ModelEntry& newest = scan.models.back();
  facts.folder = newest.folder;
  if (!newest.folder.empty()) {
    // It is optional, and one that cannot be used was said to be so by the scan.
    const auto transform = ReadFileContents(newest.folder / kTransformFileName, kMostTransformBytes);
    if (transform.ok()) all.Add(*transform);
  }
  facts.goal = newest.config.goal;
  if (HasOnnxExtension(newest.path)) facts.onnx_file = newest.path;
  facts.digest = ToHex(all.Finish());
  facts.decided = DecidedBy(newest.config);
  return facts;
}

}  // namespace trireme::tune
