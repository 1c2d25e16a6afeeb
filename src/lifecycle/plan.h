// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lifecycle/model_status.h"

namespace trireme {

enum class ActionKind : uint8_t {
  kLoad,    // nothing of this version serves yet
  kReload,  // what serves goes on until its successor is ready
  kRetire,  // out of the table, drained, destroyed
  kForget,  // there is nothing left to know of it
};

struct Action {
  ActionKind kind;
  ModelId id;
  bool operator==(const Action&) const = default;
};

// What decides about one version. Fingerprints are ModelEntry's: another one means that something has changed.
struct VersionFacts {
  ModelId id;
  ModelState state = ModelState::kFound;
  bool busy = false;               // an action is on its way
  std::optional<uint64_t> wanted;  // the fingerprint of what is wanted; nothing: it is not wanted
  uint64_t tried = 0;              // of what was loaded last, or failed to load
  uint64_t loaded = 0;             // of what serves
  bool stands_in = false;          // not wanted, but nothing of its model that is wanted serves yet
  bool remembered = false;         // shown as unloaded, because it can be loaded again by name
  bool demanded = false;           // somebody waits for it, although it is loaded on demand alone
  bool put_aside = false;          // it has to leave memory, and stay out until it is demanded
};

// What to do so that what is becomes what is wanted: loads first, in the order given, then the rest. A pure function:
// loader threads carry it out.
//
// A version on its way is left alone until it has arrived; only what serves and is not wanted goes at once, unless it
// stands in for a version that is: a model is never without one because a newer one loads, or fails to. What failed is
// tried again only when its fingerprint has changed, and what serves is replaced only by something else than itself.
std::vector<Action> PlanActions(std::span<const VersionFacts> versions);

}  // namespace trireme
