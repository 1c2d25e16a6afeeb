// SPDX-License-Identifier: Apache-2.0
#include "app/local_models.h"

#include <unistd.h>

#include <array>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/plugin_folder.h"
#include "lifecycle/model_source.h"
#include "lifecycle/unpacked_model.h"
#include "repository/scan.h"

namespace trireme {
namespace {

// Of what lies there, the one model's newest version.
Result<ModelEntry> FindModel(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const RepositoryScan scan, ScanRepository(std::array{path}, {}));
  if (scan.models.empty()) {
    return scan.problems.empty() ? NotFound(path.string() + ": there is no model") : scan.problems.front().status;
  }
  std::set<std::string> names;
  for (const ModelEntry& entry : scan.models) names.insert(entry.id.name);
  if (names.size() == 1) return scan.models.back();
  std::string text;
  for (const std::string& name : names) text += " " + name;
  return InvalidArgument(path.string() + ": expected one model, found several:" + text);
}

Result<std::unique_ptr<OpenModel>> OpenEntry(BackendSet& backends, const ModelEntry& entry, OpenOptions options) {
  ASSIGN_OR_RETURN(Backend * backend, BackendFor(backends, entry));
  ASSIGN_OR_RETURN(ModelSource source, SourceOf(entry));
  ASSIGN_OR_RETURN(Opened opened, backend->Open(source, options));
  if (const auto* onnx = std::get_if<OnnxModelBytes>(&opened)) {
    ASSIGN_OR_RETURN(Backend * runner, backends.Named("onnx"));
    source.onnx = onnx;
    for (const std::string& key : onnx->used_parameters) options.runtime_parameters.erase(key);
    ASSIGN_OR_RETURN(Opened converted, runner->Open(source, options));
    opened = std::move(converted);
  }
  auto* model = std::get_if<std::unique_ptr<OpenModel>>(&opened);
  if (model == nullptr) return Internal("backend 'onnx' gave a conversion instead of a model");
  return std::move(*model);
}

class OpenedModel final : public bench::LocalModel {
 public:
  OpenedModel(std::unique_ptr<OpenModel> model, UnpackedModel unpacked, std::string runtime)
      : unpacked_(std::move(unpacked)),
        model_(std::move(model)),
        runtime_(std::move(runtime)),
        wanted_(model_->signature().outputs.size()) {
    std::iota(wanted_.begin(), wanted_.end(), 0);
  }

  const Signature& signature() const override { return model_->signature(); }
  const std::string& name() const override { return unpacked_.entry.id.name; }
  const std::string& runtime() const override { return runtime_; }
  Status Run(std::span<const Tensor> inputs) override { return model_->Run(inputs, wanted_, {}).status(); }

 private:
  const UnpackedModel unpacked_;  // its files, which the model may still read
  const std::unique_ptr<OpenModel> model_;
  const std::string runtime_;
  std::vector<int> wanted_;
};

}  // namespace

LocalModels::LocalModels()
    : log_(STDERR_FILENO, Logger::Form::kText, LogLevel::kError),
      backends_({.pool = pool_, .log = log_, .folder = PluginFolder()}) {}

Result<std::unique_ptr<bench::LocalModel>> LocalModels::Open(const bench::LocalModelOptions& options) {
  ASSIGN_OR_RETURN(const ModelEntry found, FindModel(options.path));
  ASSIGN_OR_RETURN(UnpackedModel unpacked, Unpack(found));
  const ModelConfig& config = unpacked.entry.config;
  const OpenOptions how = {.threads = options.threads,
                           .threads_alone = options.threads,
                           .graph_optimization = config.graph_optimization,
                           .runtime_parameters = config.runtime_parameters};
  ASSIGN_OR_RETURN(std::unique_ptr<OpenModel> model, OpenEntry(backends_, unpacked.entry, how));
  if (model->decoupled())
    return Unsupported(options.path.string() + ": gives several responses: only a server streams");
  if (model->keeps_state() && options.callers != 1) {
    return Unsupported(options.path.string() + ": keeps state, so that its runs come one after the other: callers: 1");
  }
  ASSIGN_OR_RETURN(const Backend* backend, BackendFor(backends_, unpacked.entry));
  return std::unique_ptr<bench::LocalModel>(
      std::make_unique<OpenedModel>(std::move(model), std::move(unpacked), backend->runtime_version()));
}

}  // namespace trireme
