// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lifecycle/device_bytes.h"
#include "lifecycle/run_limits.h"
#include "model/model_id.h"

namespace trireme {

// Where a model version is on its way. It goes from left to right; from any state before kReady to kFailed; and between
// kOnDemand and kReady as often as memory wants it.
enum class ModelState {
  kFound,     // in the repository
  kAdmitted,  // chosen by the plan, waits for a loader thread
  kLoading,
  kWarmingUp,  // open; trial runs
  kReady,      // serves
  kDraining,   // takes no new requests, answers those it has
  kRetired,
  kFailed,    // the reason says why
  kOnDemand,  // known and not in memory: the first request for it loads it
  kAwaited,   // not there: a label is meant to lead to it
};

std::string_view Name(ModelState state);

// Where what serves came from and what it took to load it, so that a registry and a running server can be compared.
struct Provenance {
  std::string source;  // the model file, or the folder of its version
  std::string digest;  // "sha256:<hex>" of its files (repository/content_digest.h); empty: not known, or not yet
  std::chrono::system_clock::time_point loaded_at;
  std::chrono::nanoseconds load_took{0};
  bool operator==(const Provenance&) const = default;
};

// What is known of one model version. A value.
struct ModelStatus {
  ModelId id;  // version 0: something in the repository that could not even be given a version
  ModelState state = ModelState::kFound;
  std::string reason;     // why it is not as it is wanted; empty if it is
  std::string note = {};  // what is worth knowing of what is as it should be
  std::chrono::system_clock::time_point since;
  std::optional<Provenance> provenance;  // of what serves
  std::optional<RunLimits> limits = {};  // the same
  std::string file = {};                 // the name of what it is loaded from, or would be; empty: not known
  DeviceBytes memory;                    // measured, of what serves; else what it is expected to take, and where
  bool too_large = false;                // kOnDemand: it takes more than there is in all, so that no request brings it
  bool pinned = false;                   // stays in memory, whoever else wants it
  std::vector<std::string> labels;       // that lead to it, sorted

  // What there is to say of it.
  const std::string& remark() const { return reason.empty() ? note : reason; }
};

}  // namespace trireme
