// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

// The messages of the admin socket: JSON of our own, between a server and `trireme models`. Keys may be added, so a
// reader skips those that it does not know.
namespace trireme::admin {

using Seconds = std::chrono::duration<double>;
using WallTime = std::chrono::system_clock::time_point;

// Where what serves came from.
struct Origin {
  std::string source;  // the model file, or the folder of its version
  std::string digest;  // "sha256:<hex>"; empty: not known
  WallTime loaded_at;
  Seconds load_took{0};
  bool operator==(const Origin&) const = default;
};

// A model version.
struct ModelEntry {
  std::string name;
  int64_t version = 0;    // 0: it has none
  std::string state;      // "ready", "loading", "on demand"
  std::string reason;     // why it is not as it is wanted; may be empty
  std::string note = {};  // what is worth knowing of what is; may be empty
  WallTime since;         // in this state
  std::vector<std::string> labels;
  bool pinned = false;
  uint64_t memory_bytes = 0;  // that it holds, or is expected to; 0: not known
  std::string device;         // where: "cpu", "cuda:0"
  uint64_t requests = 0;      // that it answered
  std::optional<Seconds> since_last_use;
  std::optional<Seconds> p99;
  std::optional<Origin> origin;
  bool operator==(const ModelEntry&) const = default;
};

// The memory that models share on one device.
struct MemoryEntry {
  std::string device;         // "cpu", "cuda:0"
  uint64_t budget_bytes = 0;  // 0: there is none
  uint64_t used_bytes = 0;
  uint64_t other_bytes = 0;
  bool operator==(const MemoryEntry&) const = default;
};

// The answer to everything that is no error.
struct Listing {
  std::vector<ModelEntry> models;
  std::vector<MemoryEntry> memory;
  bool operator==(const Listing&) const = default;
};

// Text that is not UTF-8 is written with U+FFFD in its place; times lose what is below a millisecond.
std::string EncodeListing(const Listing& listing);
Result<Listing> DecodeListing(std::string_view text);

// {"error": "..."}
std::string EncodeError(std::string_view message);

}  // namespace trireme::admin
