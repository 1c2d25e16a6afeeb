// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "backend/backend.h"
#include "backend/plugin.h"

namespace trireme::tensorflow {

// SavedModels, without TensorFlow: Open() converts a signature to ONNX in memory, and answers "serve these bytes
// instead". A model is a folder with a saved_model.pb in it, or that file.
//
// Variables and large constants are copied piece by piece into a temporary file, as external data of the ONNX model, so
// that what is held here is little more than the graph. Where no such file can be made they are in the model.
//
// Parameters (OpenOptions::runtime_parameters), taken out before the rest reaches the runtime:
//   signature   which to serve: serving_default, else the only one
//   tags        which graph, words with commas between: "serve"
class TensorflowBackend : public Backend {
 public:
  // `log` outlives it.
  explicit TensorflowBackend(const Logger& log) : log_(log) {}

  std::string_view name() const override { return "tensorflow"; }
  std::string_view platform() const override { return "tensorflow_savedmodel"; }
  std::string runtime_version() const override { return "SavedModel converted to ONNX"; }
  Status RunsOn(const Device& device) const override;
  Probe Inspect(const std::filesystem::path& path) const override;
  Result<Opened> Open(const ModelSource& source, const OpenOptions& options) override;
  Result<ModelFacts> Describe(const ModelSource& source, const OpenOptions& options) override;

 private:
  const Logger& log_;
};

// What the plug-in exports.
Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host);

}  // namespace trireme::tensorflow
