// SPDX-License-Identifier: Apache-2.0
#include "backend/backend_set.h"

#include <array>
#include <string_view>
#include <utility>

namespace trireme {
namespace {

struct Kind {
  std::string_view suffix;
  std::string_view backend;
};

// Which plug-ins are worth opening to ask about a file.
constexpr std::array<Kind, 13> kKinds = {{{".onnx", "onnx"},
                                          {".onnx", "trees"},
                                          {".pt", "torch"},
                                          {".pth", "torch"},
                                          {".torchscript", "torch"},
                                          {".pb", "tensorflow"},
                                          {".json", "trees"},
                                          {".ubj", "trees"},
                                          {".txt", "trees"},
                                          {".model", "trees"},
                                          {".bst", "trees"},
                                          {".lgb", "trees"},
                                          {".xgb", "trees"}}};

}  // namespace

void BackendSet::Add(std::unique_ptr<Backend> backend) {
  const MutexLock lock(mutex_);
  std::string name(backend->name());
  backends_[std::move(name)] = std::move(backend);
}

Result<Backend*> BackendSet::Named(const std::string& name) {
  const MutexLock lock(mutex_);
  const auto found = backends_.find(name);
  if (found != backends_.end()) return found->second.get();
  ASSIGN_OR_RETURN(std::unique_ptr<Backend> opened, OpenPlugin(name, host_));
  return (backends_[name] = std::move(opened)).get();
}

void BackendSet::ReleaseIdleMemory() {
  std::vector<Backend*> open;
  {
    const MutexLock lock(mutex_);
    for (const auto& [name, backend] : backends_) open.push_back(backend.get());
  }
  for (Backend* backend : open) backend->ReleaseIdleMemory();
}

Result<Backend*> BackendSet::For(const std::filesystem::path& path) {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    if (path.extension() == kind.suffix) names.emplace_back(kind.backend);
  }
  Backend* surest = nullptr;
  double confidence = 0;
  for (const std::string& name : names) {
    const Result<Backend*> backend = Named(name);
    // One of several that might want the file need not have been built.
    if (!backend.ok() && backend.status().code() == StatusCode::kNotFound && name != names.front()) continue;
    if (!backend.ok()) return backend.status();
    const Probe probe = (*backend)->Inspect(path);
    if (probe.confidence > confidence) {
      surest = *backend;
      confidence = probe.confidence;
    }
  }
  if (surest != nullptr) return surest;
  // A file of a known suffix that nobody recognises: its backend says best what is wrong with it when it tries.
  if (!names.empty()) return Named(names.front());
  return Unsupported(path.string() + ": no backend serves this kind of file");
}

}  // namespace trireme
