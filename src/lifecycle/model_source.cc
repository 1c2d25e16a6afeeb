// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/model_source.h"

#include <algorithm>
#include <string>
#include <vector>

namespace trireme {

Result<Backend*> BackendFor(BackendSet& backends, const ModelEntry& entry) {
  return entry.backend.empty() ? backends.For(entry.path) : backends.Named(entry.backend);
}

Result<ModelSource> SourceOf(const ModelEntry& entry) {
  ModelSource source{.path = entry.path, .optional_inputs = entry.declared.optional_inputs()};
  source.declared = KnownSignature(entry.declared);
  source.name = entry.id.name;
  if (entry.backend.empty()) return source;
  ASSIGN_OR_RETURN(source.declared, WholeSignature(entry.declared));
  return source;
}

void KeepOffGpus(ModelEntry& entry, std::span<const Device> devices, BackendSet& backends) {
  std::vector<DeviceWish>& copies = entry.config.copies;
  if (std::ranges::find(copies, DeviceWish()) == copies.end()) return;
  const auto gpu = std::ranges::find_if(devices, [](const Device& device) { return device.kind != DeviceKind::kCpu; });
  const Result<Backend*> backend = BackendFor(backends, entry);
  if (gpu == devices.end() || !backend.ok()) return;  // its load will say why
  const Status runs = (*backend)->RunsOn(*gpu);
  if (runs.ok()) return;
  std::ranges::replace(copies, DeviceWish(), DeviceWish::On(Device()));
  entry.notes.push_back("it is served on the CPU: " + runs.message());
}

}  // namespace trireme
