// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "backend/backend.h"
#include "backend/plugin.h"

namespace trireme::repeat {

// A model for tests that gives back each element of its input in a response of its own, when it is told to: what
// Triton's example backend of that name does. It has no file, its config says all there is (repeat_signature.h).
class RepeatBackend : public Backend {
 public:
  // The pool must outlive it and its models.
  explicit RepeatBackend(MemoryPool& pool) : pool_(pool) {}

  std::string_view name() const override { return "repeat"; }
  std::string_view platform() const override { return "repeat"; }
  std::string runtime_version() const override { return "built in"; }
  Status RunsOn(const Device& /*device*/) const override { return {}; }  // it needs nothing of any
  Probe Inspect(const std::filesystem::path& path) const override;       // no file is its
  Result<Opened> Open(const ModelSource& source, const OpenOptions& options) override;
  Result<ModelFacts> Describe(const ModelSource& source, const OpenOptions& options) override;

 private:
  MemoryPool& pool_;
};

// What the plug-in exports.
Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host);

}  // namespace trireme::repeat
