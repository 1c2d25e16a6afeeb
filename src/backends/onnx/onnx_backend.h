// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "backend/backend.h"
#include "backend/plugin.h"

namespace trireme::onnx {

class CudaProvider;
class Runtime;

// ONNX models on ONNX Runtime. A model is a file, or a folder with model.onnx or one other file of that suffix in it.
//
// Unless OpenOptions say otherwise (session_settings.h), all graph optimisations are on, threads never spin while they
// wait, and one arena holds what runs of all models need.
//
// A model on the CPU that was opened with one thread can be had with others for its runs, on the same session and at no
// cost (OpenModel::WithThreads): with eight at most, and in a run with as many as there are processors left by other
// runs (helper_threads.h).
class OnnxBackend : public Backend {
 public:
  // `log` outlives it.
  OnnxBackend(std::shared_ptr<const Runtime> runtime, const Logger& log);
  ~OnnxBackend() override;
  OnnxBackend(const OnnxBackend&) = delete;
  OnnxBackend& operator=(const OnnxBackend&) = delete;

  std::string_view name() const override { return "onnx"; }
  std::string_view platform() const override { return "onnxruntime_onnx"; }
  std::string runtime_version() const override;
  Status RunsOn(const Device& device) const override;
  Probe Inspect(const std::filesystem::path& path) const override;
  Result<Opened> Open(const ModelSource& source, const OpenOptions& options) override;
  Result<ModelFacts> Describe(const ModelSource& source, const OpenOptions& options) override;
  void ReleaseIdleMemory() override;

 private:
  const std::shared_ptr<const Runtime> runtime_;  // shared with the models and with outputs that are still read
  const std::unique_ptr<const CudaProvider> cuda_;
  const Logger& log_;
};

// What the plug-in exports.
Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host);

}  // namespace trireme::onnx
