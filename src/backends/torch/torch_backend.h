// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "backend/backend.h"
#include "backend/plugin.h"

namespace trireme::torch_backend {

// TorchScript modules on libtorch. A model is a file (.pt, .pth or .torchscript), or a folder with model.pt or one
// other such file in it. A state_dict or a pickled module is no model: nothing is ever unpickled (archive.h).
//
// Such a file does not say what it takes. What ModelSource::declared leaves open is found out by running it
// (trial.h); so Describe() loads the module, and costs what Open() does before it chooses how to run it (execution.h).
class TorchBackend : public Backend {
 public:
  // `log` outlives it.
  explicit TorchBackend(const Logger& log) : log_(log) {}

  std::string_view name() const override { return "torch"; }
  std::string_view platform() const override { return "pytorch_libtorch"; }
  std::string runtime_version() const override;
  Status RunsOn(const Device& device) const override;
  Probe Inspect(const std::filesystem::path& path) const override;
  Result<Opened> Open(const ModelSource& source, const OpenOptions& options) override;
  Result<ModelFacts> Describe(const ModelSource& source, const OpenOptions& options) override;

 private:
  const Logger& log_;
};

// What the plug-in exports.
Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host);

}  // namespace trireme::torch_backend
