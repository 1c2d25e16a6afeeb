// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/model_id.h"

namespace trireme {

// What a version has of a device's memory, or would like to have.
struct MemoryClaim {
  enum class Phase : uint8_t {
    kAsked,     // waits for room; in the order in which they asked
    kPromised,  // loads
    kHeld,      // in memory
    kLeaving,   // drains; its memory is free soon
  };
  ModelId id;
  Phase phase = Phase::kHeld;
  uint64_t bytes = 0;

  // Of kAsked and kPromised: what the load takes besides until it has ended. It never keeps a single one out.
  uint64_t while_loading = 0;

  // Of kAsked.
  bool may_evict = true;     // false: it takes what is free, or nothing
  bool may_replace = false;  // an older version of its model may go for it, although that stands in

  // Of kHeld.
  bool may_go = false;     // not pinned, and models come back on demand here
  bool too_early = false;  // it has come a moment ago: it may go later
  bool stands_in = false;  // for a newer version of its model: goes for that one alone, and as the last
  double value = 0;        // of keeping it: seconds of loading that this saves, a second and byte
};

// Why somebody gets no memory.
struct MemoryRefusal {
  size_t claim = 0;
  bool for_now = false;  // it asked for what is free, and that is not enough
  std::string reason;    // for people: what it needs, and who holds the rest
};

// Indexes are those of the claims.
struct MemoryPlan {
  std::vector<size_t> grant;  // of kAsked: there is room now
  std::vector<size_t> evict;  // of kHeld: make room for those who wait
  std::vector<MemoryRefusal> refuse;
  // Of kAsked: all others, which get their memory when what leaves has left, or when what came too early may go.
  bool waits_for_time = false;  // for the latter: plan again soon
};

// Who gets memory on one device, in order of asking, and who goes for it: those whose loss costs least, no more of them
// than needed, and nobody for somebody who could not be served all the same. `other_bytes`: of the budget, used by what
// is no model. `device`: for texts; empty: they name none. A pure function.
MemoryPlan PlanMemory(uint64_t budget, uint64_t other_bytes, std::span<const MemoryClaim> claims,
                      const std::string& device = {});

// "1.2 GiB", "512 KiB", "17 bytes".
std::string BytesText(uint64_t bytes);

}  // namespace trireme
