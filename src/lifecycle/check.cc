// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/check.h"

#include <algorithm>

namespace trireme {

bool CheckReport::ok() const {
  return std::all_of(models.begin(), models.end(), [](const CheckedModel& model) { return model.servable; });
}

Result<CheckReport> CheckRepository(std::span<const std::filesystem::path> /*paths*/, const ScanOptions& /*options*/,
                                    BackendSet& /*backends*/, int /*cpus*/) {
  return Unsupported("not built yet");
}

}  // namespace trireme
