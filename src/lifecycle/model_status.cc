// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/model_status.h"

namespace trireme {

std::string_view Name(ModelState state) {
  switch (state) {
    case ModelState::kFound:
      return "found";
    case ModelState::kAdmitted:
      return "admitted";
    case ModelState::kLoading:
      return "loading";
    case ModelState::kWarmingUp:
      return "warming up";
    case ModelState::kReady:
      return "ready";
    case ModelState::kDraining:
      return "draining";
    case ModelState::kRetired:
      return "unloaded";
    case ModelState::kFailed:
      return "failed";
    case ModelState::kOnDemand:
      return "on demand";
    case ModelState::kAwaited:
      return "awaited";
  }
  return "unknown";
}

}  // namespace trireme
