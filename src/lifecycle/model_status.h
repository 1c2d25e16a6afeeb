// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "model/model_id.h"

namespace trireme {

// Where a model version is on its way. It goes from left to right; from any state before kReady to kFailed.
enum class ModelState {
  kFound,     // in the repository
  kAdmitted,  // chosen by the plan, waits for a loader thread
  kLoading,
  kWarmingUp,  // open; trial runs
  kReady,      // serves
  kDraining,   // takes no new requests, answers those it has
  kRetired,
  kFailed,  // the reason says why
};

std::string_view Name(ModelState state);

// What is known of one model version. A value.
struct ModelStatus {
  ModelId id;  // version 0: something in the repository that could not even be given a version
  ModelState state = ModelState::kFound;
  std::string reason;  // of kFailed; else what is worth knowing, or empty
  std::chrono::system_clock::time_point since;
};

}  // namespace trireme
