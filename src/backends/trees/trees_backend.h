// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "backend/backend.h"
#include "backend/plugin.h"
#include "backends/trees/row_team.h"

namespace trireme::trees {

// Boosted trees and random forests, of whatever files the part treefile reads: XGBoost's, LightGBM's, and ONNX models
// that are a tree ensemble and nothing else. On the CPU, by walks of our own (docs/decisions/0034-tree-kernels.md).
class TreesBackend : public Backend {
 public:
  // Both outlive it and its models.
  TreesBackend(MemoryPool& pool, const Logger& log);

  std::string_view name() const override { return "trees"; }
  std::string_view platform() const override { return "fil"; }
  std::string runtime_version() const override;
  // Of an ONNX model with trees the whole is read: only that tells whether it is nothing else.
  Probe Inspect(const std::filesystem::path& path) const override;
  Result<Opened> Open(const ModelSource& source, const OpenOptions& options) override;
  Result<ModelFacts> Describe(const ModelSource& source, const OpenOptions& options) override;

 private:
  MemoryPool& pool_;
  const Logger& log_;
  const std::shared_ptr<RowTeam> team_;  // shared with the models
};

// What the plug-in exports.
Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host);

}  // namespace trireme::trees
