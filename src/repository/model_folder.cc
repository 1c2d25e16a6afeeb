// SPDX-License-Identifier: Apache-2.0
#include "repository/model_folder.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "repository/digest_book.h"
#include "repository/fingerprint.h"
#include "repository/folder.h"
#include "repository/model_name.h"
#include "repository/transform_file.h"
#include "repository/version_folder.h"
#include "repository/version_manifest.h"
#include "repository/version_policy.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

using VersionFolders = std::map<int64_t, fs::path>;

// A model while it is read.
struct Reading {
  Candidate model;
  fs::path folder;
  ConfigFile config;
  transform::TransformWish transform;
  std::shared_ptr<const std::string> config_message;  // shared by the versions
  uint64_t config_hash = 0;                           // of its text
  bool require_manifest = false;
  std::string saved_model_tags = {};
  const NamedModel* named = nullptr;
  std::shared_ptr<DigestBook> digests = {};  // shared with other scans, perhaps
  std::set<int64_t> verified = {};           // versions whose manifest says that they are whole
};

Reading BeginReading(const std::string& name, const fs::path& folder, const ReadOptions& options) {
  Reading reading;
  reading.model.name = name;
  reading.folder = folder;
  reading.require_manifest = options.scan.require_manifest;
  reading.saved_model_tags = options.scan.saved_model_tags;
  reading.named = options.named;
  reading.digests = options.scan.digests ? options.scan.digests : std::make_shared<DigestBook>();
  return reading;
}

bool IsFolderOfDigits(const fs::path& path) {
  // Asked first: it costs no look at the disk.
  const std::string name = path.filename().string();
  if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  const PathKind kind = KindOf(path);
  return kind == PathKind::kFolder || kind == PathKind::kBrokenLink || kind == PathKind::kUnreadable;
}

Result<bool> HoldsFolderOfDigits(const fs::path& folder) {
  if (KindOf(folder) == PathKind::kBrokenLink) return false;
  ASSIGN_OR_RETURN(const auto inside, ListFolder(folder));
  return std::any_of(inside.begin(), inside.end(), IsFolderOfDigits);
}

bool IsKnownFolder(std::string_view name) {
  return name == "configs" || name == "warmup" || name == "initial_state";
}

bool IsZero(std::string_view name) {
  return !name.empty() && name.find_first_not_of('0') == std::string_view::npos;
}

// Why what lies there is no version. `may_be_padded`: zeros may stand before its number.
std::string WhyNoVersion(const fs::path& path, bool may_be_padded) {
  const std::string name = path.filename().string();
  if (IsZero(name)) return "versions begin at 1 here, so it needs another number";
  if (may_be_padded) return "a version is a positive number";
  return "a version is a positive number without leading zeros, which only those of SavedModels may have";
}

// The versions in a model's folder, and notes on what is none.
VersionFolders FindVersions(const std::vector<fs::path>& inside, bool may_be_padded, std::vector<std::string>& notes) {
  VersionFolders versions;
  for (const fs::path& path : inside) {
    const std::string name = path.filename().string();
    if (IsKnownFolder(name)) continue;
    if (const PathKind kind = KindOf(path); kind == PathKind::kFile || kind == PathKind::kOther) continue;
    std::optional<int64_t> number = ParseVersion(name);
    // TF Serving's folders may be called so, wherever they lie.
    if (!number && (may_be_padded || HoldsSavedModel(path))) number = ParsePaddedVersion(name);
    if (!number) {
      notes.push_back(Quoted(path.string()) + " is passed over: " + WhyNoVersion(path, may_be_padded));
    } else if (const auto [same, is_new] = versions.emplace(*number, path); !is_new) {
      // They come in the order of their names, so the one with fewer zeros comes later.
      notes.push_back(Quoted(same->second.string()) + " is passed over: it is version " + std::to_string(*number) +
                      ", and so is " + Quoted(path.string()));
      same->second = path;
    }
  }
  return versions;
}

std::string Listed(const std::vector<int64_t>& versions) {
  constexpr size_t kShown = 10;
  std::string text;
  for (size_t i = 0; i < std::min(versions.size(), kShown); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(versions[i]);
  }
  if (versions.size() > kShown) text += " and " + std::to_string(versions.size() - kShown) + " more";
  return text;
}

ModelEntry EntryOf(const Reading& reading, int64_t version) {
  ModelEntry entry;
  entry.id = {reading.model.name, version};
  entry.folder = reading.folder;
  entry.backend = reading.config.backend;
  entry.config = reading.config.config;
  entry.declared = reading.config.declared;
  entry.transform = reading.transform;
  entry.config_message = reading.config_message;
  entry.version_labels = reading.config.version_labels;
  return entry;
}

// Somebody has named the version instead of the folder that it lies in.
Complaint IsVersionItself(const fs::path& folder, const fs::path& file) {
  const fs::path whole = folder.filename().empty() ? folder.parent_path() : folder;
  const bool is_number = ParsePaddedVersion(whole.filename().string()).has_value();
  const std::string fix = is_number ? "name " + Quoted(whole.parent_path().string()) + " instead"
                                    : "put what lies there into a folder 1 in it";
  return Complain(NotFound("model folder " + Quoted(folder.string()) +
                           " has no version: expected folders of versions in it, such as 1, found the model itself, " +
                           Quoted(file.filename().string()) + ": " + fix),
                  folder, "folders of versions, such as 1", Quoted(file.filename().string()), fix);
}

Complaint NoVersion(const fs::path& folder, const std::vector<fs::path>& inside, bool has_file) {
  const auto model = std::ranges::find_if(inside, HasModelExtension);
  if (has_file && model != inside.end()) return IsVersionItself(folder, *model);
  const auto zero = std::ranges::find_if(inside, [](const fs::path& path) { return IsZero(path.filename().string()); });
  if (zero != inside.end()) {
    return Complain(NotFound("model folder " + Quoted(folder.string()) + " has no version: found " +
                             Quoted(zero->filename().string()) + ", and versions begin at 1 here: rename it to 1"),
                    folder, "folders of versions from 1 on", NamesOf(inside), "rename it to 1");
  }
  if (!has_file) {
    return Complain(NotFound("model folder " + Quoted(folder.string()) +
                             " has no version: expected a folder 1 in it, found " + NamesOf(inside)),
                    folder, "a folder 1 in the model's folder", NamesOf(inside), "make an empty folder 1");
  }
  return Complain(
      NotFound("model folder " + Quoted(folder.string()) +
               " has no version: expected 1/model.onnx or 1/saved_model.pb in it, found " + NamesOf(inside)),
      folder, "1/model.onnx or 1/saved_model.pb in the model's folder", NamesOf(inside),
      "put the model into a folder 1");
}

// What TF Serving's list of models has instead of version_policy.
constexpr const char* kNamedPolicy = "model_version_policy";

// The file that says which versions there are to be; of a list of models, where it says that they lie.
const fs::path& WhereSaid(const Reading& reading) {
  return reading.named != nullptr ? reading.folder : reading.config.declared.file;
}

Finding MissingVersions(const ChosenVersions& chosen, const Reading& reading) {
  const FieldPlace& place = reading.config.version_policy.place;
  Finding finding;
  finding.severity = chosen.served.empty() ? Finding::Severity::kError : Finding::Severity::kWarning;
  finding.file = WhereSaid(reading);
  finding.line = place.line;
  finding.column = place.column;
  finding.field = reading.named != nullptr ? kNamedPolicy : place.field;
  finding.expected = "versions that have a folder";
  finding.found = Listed(chosen.missing) + ", which " + (chosen.missing.size() == 1 ? "has" : "have") + " none";
  finding.fix = chosen.served.empty()
                    ? "name one of " + Listed(chosen.not_served) + ", or leave " +
                          std::string(reading.named != nullptr ? kNamedPolicy : "version_policy") + " out"
                    : "served are " + Listed(chosen.served);
  return finding;
}

void SayWhatIsNotServed(const ChosenVersions& chosen, Reading& reading) {
  if (!chosen.missing.empty()) {
    Finding finding = MissingVersions(chosen, reading);
    if (chosen.served.empty()) {
      Status status = NotFound(finding.ToString());
      reading.model.Add({.status = std::move(status), .finding = std::move(finding)});
    } else {
      reading.model.findings.push_back(std::move(finding));
    }
  }
  const bool has_own_labels = reading.named == nullptr || reading.named->labels.empty();
  for (const auto& [label, version] : reading.config.version_labels) {
    if (chosen.served.empty() || std::ranges::find(chosen.served, version) != chosen.served.end()) continue;
    reading.model.findings.push_back({.severity = Finding::Severity::kWarning,
                                      .file = has_own_labels ? reading.config.declared.file : reading.folder,
                                      .field = "version_labels[" + Quoted(label) + "]",
                                      .expected = "a version that is served (" + Listed(chosen.served) + ")",
                                      .found = std::to_string(version),
                                      .fix = "the label leads nowhere until that is served"});
  }
  if (reading.config.version_policy.declared || chosen.not_served.empty()) return;
  reading.model.notes.push_back("version " + std::to_string(chosen.served.back()) +
                                " is served, the newest; not served: " + Listed(chosen.not_served) +
                                "; version_policy in config.pbtxt would say otherwise");
}

void TakeEntry(ModelEntry entry, const fs::path& version_folder, Reading& reading) {
  const Result<Fingerprint> fingerprint = FingerprintOf(entry, version_folder, reading.config_hash);
  if (!fingerprint.ok()) {
    reading.model.Add(
        Complain(fingerprint.status(), version_folder, "a version folder", "one that cannot be read now", "wait"));
    return;
  }
  entry.version_folder = version_folder;
  entry.fingerprint = fingerprint->value;
  entry.weights_fingerprint = fingerprint->weights;
  entry.file_bytes = fingerprint->file_bytes;
  entry.warmup_bytes = fingerprint->warmup_bytes;
  reading.model.versions.push_back(std::move(entry));
}

void ReadVersion(int64_t version, const fs::path& folder, Reading& reading) {
  FoundModel found =
      reading.config.backend.empty() ? FindModel(folder, reading.config.model_filename) : FindModelWithoutFile(folder);
  if (found.complaint) {
    reading.model.Add(*std::move(found.complaint));
    return;
  }
  ModelEntry entry = EntryOf(reading, version);
  entry.path = std::move(found.path);
  if (!reading.saved_model_tags.empty() && IsSavedModelFile(entry.path)) {
    entry.config.runtime_parameters.try_emplace("tags", reading.saved_model_tags);
  }
  entry.is_verified = reading.verified.contains(version);
  if (!found.note.empty()) entry.notes.push_back(std::move(found.note));
  TakeEntry(std::move(entry), folder, reading);
}

// Nothing if the version is whole, as far as anybody says.
std::optional<Complaint> WhyIncomplete(int64_t version, const fs::path& folder, Reading& reading) {
  ManifestCheck check = CheckManifest(folder, reading.require_manifest, *reading.digests);
  if (check.is_present && !check.complaint) reading.verified.insert(version);
  return std::move(check.complaint);
}

// Which versions are served, as if those that are not whole were not there: only what would be served is asked.
ChosenVersions ChooseWholeVersions(const VersionFolders& folders, Reading& reading) {
  std::vector<int64_t> there;
  for (const auto& [number, folder] : folders) there.push_back(number);
  std::set<int64_t> asked;
  for (;;) {
    ChosenVersions chosen = ChooseVersions(reading.config.version_policy, there);
    bool all_whole = true;
    for (const int64_t version : chosen.served) {
      if (!asked.insert(version).second) continue;
      auto complaint = WhyIncomplete(version, folders.at(version), reading);
      if (!complaint) continue;
      all_whole = false;
      std::erase(there, version);
      reading.model.incomplete.push_back({.version = version, .complaint = *std::move(complaint)});
    }
    if (!all_whole) continue;
    std::erase_if(chosen.missing, [&](int64_t version) { return folders.contains(version); });
    return chosen;
  }
}

void ReadVersions(const std::vector<fs::path>& inside, Reading& reading) {
  const VersionFolders folders = FindVersions(inside, reading.named != nullptr, reading.model.notes);
  if (folders.empty()) {
    reading.model.Add(NoVersion(reading.folder, inside, reading.config.backend.empty()));
    return;
  }
  const ChosenVersions chosen = ChooseWholeVersions(folders, reading);
  if (chosen.served.empty()) {
    for (IncompleteVersion& version : reading.model.incomplete) reading.model.Add(std::move(version.complaint));
  }
  SayWhatIsNotServed(chosen, reading);
  for (const int64_t version : chosen.served) ReadVersion(version, folders.at(version), reading);
}

// What the config says is the model's, and so is what is wrong with it.
void TakeConfig(ConfigFile config, Reading& reading) {
  Candidate& model = reading.model;
  model.config = config.declared.file;
  model.findings = std::move(config.findings);
  TransformFile around = reading.folder.empty() ? TransformFile() : ReadTransformFile(reading.folder);
  std::ranges::move(around.findings, std::back_inserter(model.findings));
  reading.transform = std::move(around.wish);
  if (around.goal) config.config.goal = around.goal;
  if (around.weight) config.config.weight = *around.weight;
  if (around.cache_bytes) config.config.cache_bytes = *around.cache_bytes;
  if (reading.named != nullptr) {
    config.version_policy = reading.named->versions;
    if (!reading.named->labels.empty()) config.version_labels = reading.named->labels;
  }
  model.status = config.served.ok() ? StatusOf(model.findings) : config.served;
  if (!model.status.ok()) model.path = model.config;
  reading.config_hash = HashOf(config.text + '\0' + around.text);
  if (!config.message.empty()) reading.config_message = std::make_shared<const std::string>(std::move(config.message));
  reading.config = std::move(config);
}

Candidate Finish(Reading reading) {
  Candidate& model = reading.model;
  if (model.status.ok()) {
    model.path = model.versions.back().path;
  } else {
    model.versions.clear();
  }
  return std::move(model);
}

}  // namespace

FolderLook LookAtFolder(const fs::path& folder) {
  switch (KindOf(folder / "config.pbtxt")) {
    case PathKind::kFile:
    case PathKind::kBrokenLink:
    case PathKind::kOther:
      return {.kind = FolderKind::kModel, .status = {}};
    default:
      break;
  }
  const auto inside = ListFolder(folder);
  if (!inside.ok()) return {.kind = FolderKind::kUnclear, .status = inside.status()};
  FolderLook look;
  for (const fs::path& path : *inside) {
    if (!IsFolderOfDigits(path)) continue;
    const Result<bool> holds_models = HoldsFolderOfDigits(path);
    if (holds_models.ok() && !*holds_models) return {.kind = FolderKind::kModel, .status = {}};
    if (!holds_models.ok()) look = {.kind = FolderKind::kUnclear, .status = holds_models.status()};
  }
  return look;
}

Candidate ReadModelFolder(const fs::path& folder, const std::string& name, const ReadOptions& options) {
  Reading reading = BeginReading(name, folder, options);
  const auto inside = ListFolder(folder);
  if (!inside.ok()) {
    reading.model.Add(
        Complain(inside.status(), folder, "a model's folder", "one that cannot be read", "let the server read it"));
    return reading.model;
  }
  TakeConfig(ReadConfigOf(folder, name, options), reading);
  // Of a model of another family the files mean nothing to us.
  if (reading.config.served.ok()) ReadVersions(*inside, reading);
  return Finish(std::move(reading));
}

Candidate ReadFlatFolder(const fs::path& folder, const std::string& name, const ReadOptions& options) {
  Reading reading = BeginReading(name, folder, options);
  TakeConfig(ReadConfigOf(folder, name, options), reading);
  if (!reading.config.served.ok()) return Finish(std::move(reading));
  if (auto complaint = WhyIncomplete(1, folder, reading)) {
    reading.model.Add(*std::move(complaint));
  } else {
    ReadVersion(1, folder, reading);
  }
  return Finish(std::move(reading));
}

Candidate ReadModelFile(const fs::path& file, const ReadOptions& options) {
  Reading reading = BeginReading(file.stem().string(), {}, options);
  TakeConfig(ReadConfigWithoutFolder(reading.model.name, options), reading);
  ModelEntry entry = EntryOf(reading, 1);
  entry.path = file;
  if (reading.require_manifest) {
    reading.model.Add(Complain(NotFound(Quoted(file.string()) + ": expected a version folder with SHA256SUMS, as "
                                                                "--require-manifest has it, found a file"),
                               file, "a version folder with SHA256SUMS", "a file", "put it into NAME/1/"));
  }
  TakeEntry(std::move(entry), {}, reading);
  return Finish(std::move(reading));
}

}  // namespace trireme
