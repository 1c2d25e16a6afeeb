// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/trees_backend.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "backends/trees/scorer.h"
#include "backends/trees/settings.h"
#include "backends/trees/trees_model.h"
#include "backends/trees/trees_signature.h"
#include "base/cpu_count.h"
#include "base/regular_file.h"
#include "treefile/read_forest.h"

namespace trireme::trees {
namespace {

namespace fs = std::filesystem;

using treefile::FileKind;
using treefile::Forest;

constexpr size_t kShownNames = 12;

std::optional<FileKind> KindOfFile(const fs::path& path) {
  const Result<RegularFile> file = RegularFile::Open(path);
  if (!file.ok()) return std::nullopt;
  std::string beginning(std::min<uint64_t>(file->size(), treefile::kProbeBytes), '\0');
  if (!file->Read(0, beginning).ok()) return std::nullopt;
  return treefile::ProbeTreeFile(beginning, file->size());
}

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShownNames); ++i) text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kShownNames) text += " and " + std::to_string(names.size() - kShownNames) + " more";
  return text;
}

// A model that is in memory, with all that is known of it.
struct Loaded {
  std::shared_ptr<const Scorer> scorer;
  TreesSignature made;
  Settings settings;
  std::string format;
  std::vector<std::string> notes;
};

std::string FormatOf(const Forest& forest) {
  uint32_t depth = 0;
  for (const treefile::Tree& tree : forest.trees) depth = std::max(depth, tree.depth);
  std::string text = forest.format;
  if (!forest.objective.empty()) text += ", " + forest.objective;
  return text + ", " + std::to_string(forest.trees.size()) + (forest.trees.size() == 1 ? " tree" : " trees") +
         " of up to " + std::to_string(depth) + " splits above one another";
}

std::string HowItRuns(const Scorer& scorer) {
  return "rows are walked with " + std::string(Name(scorer.instruction_set())) + " instructions through " +
         (scorer.is_full() ? "full trees" : "trees of any shape");
}

Result<Loaded> Load(const ModelSource& source, const OpenOptions& options) {
  Loaded loaded;
  ASSIGN_OR_RETURN(loaded.settings, ReadSettings(options));
  const treefile::ReadOptions how{.all_iterations = loaded.settings.all_iterations};
  ASSIGN_OR_RETURN(Forest forest, source.onnx != nullptr ? treefile::ReadForest(source.onnx->bytes, how)
                                                         : treefile::ReadForestFile(source.path, how));
  loaded.format = FormatOf(forest);
  loaded.notes = forest.notes;
  if (!forest.feature_names.empty()) loaded.notes.push_back("features: " + Listed(forest.feature_names));
  ASSIGN_OR_RETURN(loaded.made, MakeSignature(source.declared, loaded.settings, forest));
  const bool with_leaf_ids = std::ranges::find(loaded.made.kinds, OutputKind::kLeafIds) != loaded.made.kinds.end();
  const Scorer::Options scoring{.instruction_set = loaded.settings.instruction_set,
                                .with_leaf_ids = with_leaf_ids,
                                .probability = loaded.made.probability};
  ASSIGN_OR_RETURN(Scorer scorer, Scorer::Make(std::move(forest), scoring));
  loaded.scorer = std::make_shared<const Scorer>(std::move(scorer));
  loaded.notes.push_back(HowItRuns(*loaded.scorer));
  return loaded;
}

Result<Loaded> LoadNamed(const Backend& backend, const ModelSource& source, const OpenOptions& options) {
  if (Status runs = backend.RunsOn(options.device); !runs.ok()) return std::move(runs).Within(source.path.string());
  Result<Loaded> loaded = Load(source, options);
  if (loaded.ok() || loaded.status().message().starts_with("parameters[")) return loaded;
  return std::move(loaded).status().Within(source.path.string());
}

}  // namespace

TreesBackend::TreesBackend(MemoryPool& pool, const Logger& log)
    : pool_(pool), log_(log), team_(std::make_shared<RowTeam>(AvailableCpus())) {}

std::string TreesBackend::runtime_version() const {
  return "built in, " + std::string(Name(BestInstructionSet()));
}

Probe TreesBackend::Inspect(const fs::path& path) const {
  const std::optional<FileKind> kind = KindOfFile(path);
  if (!kind) return {};
  if (*kind == FileKind::kOnnx && !treefile::ReadForestFile(path).ok()) return {};
  return {.confidence = 1, .what = std::string(treefile::Name(*kind))};
}

Result<Opened> TreesBackend::Open(const ModelSource& source, const OpenOptions& options) {
  ASSIGN_OR_RETURN(Loaded loaded, LoadNamed(*this, source, options));
  if (!loaded.settings.ignored.empty()) {
    log_.Warning("settings without effect on trees",
                 {{"model", source.name.empty() ? source.path.string() : source.name},
                  {"settings", Listed(loaded.settings.ignored)}});
  }
  const MemoryUse memory{.weights = loaded.scorer->bytes(), .workspace = 0};
  return Opened(std::make_unique<TreesModel>(std::move(loaded.scorer), std::move(loaded.made), options.threads, pool_,
                                             team_, memory));
}

Result<ModelFacts> TreesBackend::Describe(const ModelSource& source, const OpenOptions& options) {
  ASSIGN_OR_RETURN(Loaded loaded, LoadNamed(*this, source, options));
  return ModelFacts{.signature = std::move(loaded.made.signature),
                    .weight_bytes = loaded.scorer->bytes(),
                    .format = std::move(loaded.format),
                    .notes = std::move(loaded.notes)};
}

Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host) {
  return std::unique_ptr<Backend>(std::make_unique<TreesBackend>(host.pool, host.log));
}

}  // namespace trireme::trees
