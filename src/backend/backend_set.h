// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "backend/plugin.h"
#include "base/mutex.h"
#include "base/status.h"

namespace trireme {

// The backends of this server, each opened when a file of its kind is first met: a runtime library costs time and
// memory that a server without such models should not pay.
//
// Thread-safe. Backends live as long as the set.
class BackendSet {
 public:
  // Plug-ins lie in host.folder.
  explicit BackendSet(PluginHost host) : host_(std::move(host)) {}

  // One that is linked in, for tests.
  void Add(std::unique_ptr<Backend> backend);

  // The backend that is surest of the file or folder. kUnsupported: none wants it; otherwise why its plug-in cannot be
  // opened.
  Result<Backend*> For(const std::filesystem::path& path);

  // By name, opening its plug-in.
  Result<Backend*> Named(const std::string& name);

  // Backend::ReleaseIdleMemory() of all that are open.
  void ReleaseIdleMemory();

 private:
  const PluginHost host_;
  Mutex mutex_;  // held while a plug-in is opened: that happens once, on a loader thread
  std::map<std::string, std::unique_ptr<Backend>> backends_ GUARDED_BY(mutex_);
};

}  // namespace trireme
