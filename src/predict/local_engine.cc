// SPDX-License-Identifier: Apache-2.0
#include "predict/local_engine.h"

#include <unistd.h>

#include <array>
#include <set>
#include <utility>

#include "repository/scan.h"

namespace trireme::predict {
namespace {

// What is at the path, before anything of it is loaded.
Result<ModelEntry> FindModel(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const RepositoryScan scan, ScanRepository(std::array{path}, {}));
  std::set<std::string> names;
  for (const ModelEntry& entry : scan.models) names.insert(entry.id.name);
  if (names.size() == 1) return scan.models.back();
  if (names.empty()) {
    return scan.problems.empty() ? NotFound(path.string() + ": there is no model") : scan.problems.front().status;
  }
  std::string text;
  for (const std::string& name : names) text += " " + name;
  return InvalidArgument(path.string() + ": expected one model, found several:" + text);
}

ModelControl::Options ControlOptions(const std::filesystem::path& model) {
  ModelControl::Options options;
  options.paths = {model};
  options.mode = ModelControl::Mode::kNone;
  return options;
}

Lifecycle::Options LifecycleOptions(BackendSet& backends) {
  Lifecycle::Options options;
  options.memory.release_idle = [&backends] { backends.ReleaseIdleMemory(); };
  return options;
}

}  // namespace

LocalEngine::LocalEngine(const Options& options)
    : log_(STDERR_FILENO, Logger::Form::kText, LogLevel::kError),
      backends_({.pool = pool_, .log = log_, .folder = options.plugin_folder}),
      loader_(backends_, pool_, registry_, options.threads),
      lifecycle_(LifecycleOptions(backends_), loader_, log_),
      control_(ControlOptions(options.model), lifecycle_, log_),
      engine_(lifecycle_, &control_, &transforms_),
      transforms_({.threads = options.threads}, pool_) {}

LocalEngine::~LocalEngine() {
  engine_.StopAccepting();
  transforms_.WaitUntilEmpty();
  control_.Stop();
  lifecycle_.Close();
}

Result<std::unique_ptr<LocalEngine>> LocalEngine::Open(const Options& options) {
  ASSIGN_OR_RETURN(const ModelEntry entry, FindModel(options.model));
  std::unique_ptr<LocalEngine> engine(new LocalEngine(options));
  engine->log_.Change({.info = false, .warning = false, .error = false});  // whoever called is told of what fails
  engine->fingerprint_ = entry.fingerprint;
  RETURN_IF_ERROR(engine->Load(options));
  return engine;
}

Status LocalEngine::Load(const Options& options) {
  RETURN_IF_ERROR(control_.Start());
  lifecycle_.WaitUntilSettled();
  for (const ModelStatus& status : engine_.Index()) {
    if (status.state == ModelState::kReady) {
      ASSIGN_OR_RETURN(description_, engine_.Describe(status.id.name, VersionChoice()));
      return {};
    }
  }
  for (const ModelStatus& status : engine_.Index()) {
    if (!status.reason.empty()) return InvalidArgument(status.reason).Within(status.id.name);
  }
  return NotFound(options.model.string() + ": there is no model");
}

}  // namespace trireme::predict
