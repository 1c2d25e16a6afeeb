// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/memory_pool.h"
#include "lifecycle/class_count.h"
#include "lifecycle/model_loader.h"
#include "lifecycle/model_source.h"
#include "lifecycle/parameter_finding.h"
#include "lifecycle/placement.h"
#include "lifecycle/unpacked_model.h"
#include "lifecycle/warmup.h"
#include "repository/fit_to_model.h"
#include "repository/labels.h"
#include "repository/transform_file.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

bool HasError(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Finding::Severity::kError; });
}

void Append(std::vector<Finding>& all, const std::vector<Finding>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

Finding Note(const fs::path& file, const std::string& text) {
  return {.severity = Finding::Severity::kNote, .file = file, .found = text};
}

// An error that comes as a sentence. The file is named once.
Finding Error(const fs::path& file, const Status& status, std::string expected, std::string fix) {
  std::string text = status.message();
  for (const std::string& name : {"'" + file.string() + "': ", file.string() + ": "}) {
    if (text.starts_with(name)) text.erase(0, name.size());
  }
  return {.severity = Finding::Severity::kError,
          .file = file,
          .expected = std::move(expected),
          .found = std::move(text),
          .fix = std::move(fix)};
}

Finding ModelFileError(const fs::path& file, const Status& status) {
  return Error(file, status, "a model that this server can open", "replace the file, or remove the model");
}

OpenOptions OptionsOf(const ModelConfig& config) {
  return {.device = config.devices.front(),
          .threads = config.threads,
          .graph_optimization = config.graph_optimization,
          .runtime_parameters = config.runtime_parameters};
}

// Of a plug-in that is not there its own text says behind a semicolon how to make it.
Finding BackendError(const fs::path& file, const Status& status) {
  Finding error = ModelFileError(file, status);
  const size_t end = error.found.find("; ");
  if (status.code() != StatusCode::kNotFound || end == std::string::npos) return error;
  error.expected = "a model whose runtime this server has";
  error.fix = error.found.substr(end + 2);
  error.found.resize(end);
  return error;
}

Result<ModelFacts> Describe(Backend& backend, const ModelEntry& entry, const ModelConfig& config) {
  ASSIGN_OR_RETURN(const ModelSource source, SourceOf(entry));
  return backend.Describe(source, OptionsOf(config));
}

// What is converted to another format is read whole by that, and its checksums are compared.
Status Convert(Backend& backend, const ModelEntry& entry, const ModelConfig& config) {
  ASSIGN_OR_RETURN(const ModelSource source, SourceOf(entry));
  return backend.Open(source, OptionsOf(config)).status();
}

// An archive's file is named with the archive, and not where it was unpacked.
Status AsPacked(const ModelEntry& unpacked, const CheckedModel& checked, const Status& status) {
  if (unpacked.path == checked.path) return status;
  const std::string folder = unpacked.folder.string() + "/";
  std::string text = status.message();
  for (size_t at = text.find(folder); at != std::string::npos; at = text.find(folder, at))
    text.erase(at, folder.size());
  return {status.code(), std::move(text)};
}

// What the model's own file says; false if it cannot be served for that alone.
bool ReadModelFile(const ModelEntry& entry, CheckedModel& checked, BackendSet& backends, int cpus) {
  const Result<Backend*> backend = BackendFor(backends, entry);
  if (!backend.ok()) {
    checked.findings.push_back(BackendError(checked.path, backend.status()));
    return false;
  }
  checked.backend = (*backend)->name();
  checked.platform = (*backend)->platform();
  Result<ModelFacts> facts = Describe(**backend, entry, checked.config);
  if (!facts.ok()) {
    const std::optional<Finding> in_config = ParameterFinding(entry, facts.status());
    checked.findings.push_back(in_config ? *in_config
                                         : ModelFileError(checked.path, AsPacked(entry, checked, facts.status())));
    return false;
  }
  // Only files that are converted name their signatures.
  const Status converted = facts->signatures ? Convert(**backend, entry, checked.config) : Status();
  if (!converted.ok()) {
    checked.findings.push_back(ModelFileError(checked.path, converted));
    return false;
  }
  checked.format = std::move(facts->format);
  checked.model_says = std::move(facts->signature);
  checked.weight_bytes = facts->weight_bytes;
  checked.signatures = std::move(facts->signatures);
  checked.config.decoupled = checked.config.decoupled || facts->decoupled;
  if (facts->keeps_state) checked.config = DecideInstancesOfKept(std::move(checked.config), cpus);
  for (const std::string& note : facts->notes) checked.findings.push_back(Note(checked.path, note));
  return true;
}

// Signatures besides the one that is served: clients of TF Serving may name them.
void CheckOtherSignatures(const ModelEntry& entry, BackendSet& backends, CheckedModel& checked) {
  constexpr int kMost = 16;  // each reads the file
  if (checked.signatures == nullptr) return;
  const Result<Backend*> backend = BackendFor(backends, entry);
  if (!backend.ok()) return;
  int looked_at = 0;
  for (const NamedSignature& signature : checked.signatures->all) {
    if (signature.name == checked.signatures->served || ++looked_at > kMost) continue;
    ModelConfig config = checked.config;
    config.runtime_parameters["signature"] = signature.name;
    const Status described = Describe(**backend, entry, config).status();
    if (!described.ok()) checked.findings.push_back(Note(checked.path, "not to be asked: " + described.message()));
  }
}

// Where it would be placed on a server that has room everywhere.
void Place(ModelEntry& entry, const std::vector<Device>& devices, BackendSet& backends) {
  KeepOffGpus(entry, devices, backends);
  std::vector<DeviceRoom> rooms;
  for (const Device& device : devices) rooms.push_back({.device = device});
  Result<std::vector<Device>> placed = PlaceCopies(entry.config.copies, 0, rooms);
  if (placed.ok()) {
    entry.config.devices = *std::move(placed);
  } else {
    entry.findings.push_back(Error(entry.declared.file, placed.status(), "devices of this server", ""));
  }
}

// What reads recorded requests; empty: nothing does.
struct Readers {
  const RequestReader& request;
  const LogReader& log;
};

void CheckRequests(const ModelEntry& entry, const Readers& read, CheckedModel& checked) {
  MemoryPool pool;
  const RequestTarget target{.model = entry.id.name,
                             .signature = checked.signature,
                             .max_request_rows = checked.config.max_request_rows,
                             .file = checked.signatures.get()};
  if (read.request) {
    for (const BadRequest& bad : CheckRecordedRequests(entry, target, read.request, pool)) {
      checked.findings.push_back(
          Error(bad.file, bad.status, "a recorded request that the model takes", "record it again, or remove it"));
    }
  }
  if (!read.log) return;
  if (const Status logs = CheckLogs(entry, target, read.log, pool); !logs.ok()) {
    checked.findings.push_back(
        Error(entry.path, logs, "logged requests that the model takes", "record them again, or remove the file"));
  }
}

// The file that has names for classes; empty: there is none.
std::string NamesFileOf(const ModelEntry& entry) {
  return entry.transform.answer ? entry.transform.answer->names_file : std::string();
}

void CheckTransform(const ModelEntry& entry, const ModelEntry& packed, CheckedModel& checked) {
  Result<transform::ModelTransform> fitted =
      FitTransformOf(entry, checked.signature, ReadLabels(entry, checked.signature).labels);
  if (fitted.ok()) {
    checked.transform = *std::move(fitted);
    if (std::string text = DifferenceOfNames(checked.transform, checked.signature); !text.empty()) {
      checked.findings.push_back({.severity = Finding::Severity::kWarning,
                                  .file = packed.path,
                                  .expected = "as many names as classes",
                                  .found = std::move(text),
                                  .fix = "see whether the names are one class off"});
    }
    return;
  }
  const bool has_file = entry.transform.said_by.empty();
  std::string fix = has_file ? "put the field right" : "pack the model with another handler";
  if (const std::string names = NamesFileOf(entry); !names.empty() && !ReadClassNames(entry.folder, names).ok()) {
    fix = "correct the file " + names;
  }
  checked.findings.push_back(Error(has_file ? packed.folder / kTransformFileName : packed.path, fitted.status(),
                                   "a transform that suits the model", std::move(fix)));
}

// What only the opened model can say. Findings name the files where the user has them, not where an archive was
// unpacked.
void CheckOpened(const ModelEntry& entry, const ModelEntry& unpacked, BackendSet& backends, int cpus,
                 const Readers& read, CheckedModel& checked) {
  if (!ReadModelFile(unpacked, checked, backends, cpus)) return;
  if (const Status status = CheckDecoupled(checked.config); !status.ok() && !HasError(checked.findings)) {
    checked.findings.push_back(
        Error(entry.declared.file, status, "a config that suits a decoupled model", "leave preserve_ordering out"));
  }
  FittedSignature fitted = FitToModel(entry.declared, checked.model_says);
  checked.signature = std::move(fitted.signature);
  Append(checked.findings, fitted.findings);
  // What follows from the signature would only repeat what is wrong with it.
  if (HasError(fitted.findings)) return;
  Append(checked.findings, ReadLabels(entry, checked.signature).findings);
  CheckTransform(unpacked, entry, checked);
  Append(checked.findings, CheckWarmupSamples(entry.config.warmup, entry.declared, checked.signature));
  CheckRequests(entry, read, checked);
  CheckOtherSignatures(unpacked, backends, checked);
}

CheckedModel CheckModel(const ModelEntry& entry, BackendSet& backends, int cpus, const Readers& read) {
  CheckedModel checked;
  checked.id = entry.id;
  checked.path = entry.path;
  checked.file_says = entry.declared;
  checked.config = DecideThreads(entry.config, cpus);
  checked.findings = entry.findings;
  for (const std::string& note : entry.notes) checked.findings.push_back(Note({}, note));
  if (const Result<UnpackedModel> unpacked = Unpack(entry); unpacked.ok()) {
    CheckOpened(entry, unpacked->entry, backends, cpus, read, checked);
  } else {
    checked.findings.push_back(ModelFileError(checked.path, unpacked.status()));
  }
  checked.servable = !HasError(checked.findings);
  return checked;
}

std::vector<Finding> FindingsOf(const ModelProblem& problem) {
  if (!problem.findings.empty()) return problem.findings;
  return {ModelFileError(problem.path, problem.status)};
}

}  // namespace

bool CheckReport::ok() const {
  return !HasError(findings) &&
         std::all_of(models.begin(), models.end(), [](const CheckedModel& model) { return model.servable; });
}

Result<CheckReport> CheckRepository(std::span<const fs::path> paths, const ScanOptions& options, BackendSet& backends,
                                    int cpus, const RequestReader& read_request, const LogReader& read_log) {
  ASSIGN_OR_RETURN(RepositoryScan scan, ScanRepository(paths, options));
  CheckReport report;
  for (ModelEntry& entry : scan.models) {
    Place(entry, options.devices, backends);
    report.models.push_back(CheckModel(entry, backends, cpus, {.request = read_request, .log = read_log}));
  }
  for (const ModelProblem& problem : scan.problems) {
    if (problem.name.empty()) {
      Append(report.findings, FindingsOf(problem));
      continue;
    }
    CheckedModel checked;
    checked.id = {problem.name, 0};
    checked.path = problem.path;
    checked.findings = FindingsOf(problem);
    report.models.push_back(std::move(checked));
  }
  std::stable_sort(report.models.begin(), report.models.end(),
                   [](const CheckedModel& a, const CheckedModel& b) { return a.id < b.id; });
  for (const std::string& note : scan.notes) report.findings.push_back(Note({}, note));
  return report;
}

}  // namespace trireme
