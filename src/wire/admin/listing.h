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

// How long runs of so many rows take.
struct RunTimeEntry {
  int64_t rows = 1;
  bool wide = false;         // with all processors
  uint64_t input_bytes = 0;  // of about this size
  Seconds typical{0};
  Seconds most{0};    // that nine in ten take
  uint64_t runs = 0;  // that were seen
  bool operator==(const RunTimeEntry&) const = default;
};

// What decides how a model is run now.
struct Running {
  std::string goal;                 // "p99=100ms"; empty: there is none
  double margin = 1;                // of the goal's time, what is promised to a request
  double late_share = 0;            // of the answers lately
  uint64_t late = 0;                // answers past goal or deadline
  uint64_t predicted_late = 0;      // requests that were refused for that
  double prediction_error_p90 = 0;  // as a share of the time that an answer took
  int64_t instances = 1;            // runs at the same time, at most
  int64_t threads = 1;              // of a run that does not have all processors
  double weight = 1;                // of its share of the processors
  int64_t batch_rows = 1;           // of a run, at most
  int64_t max_rows = 0;             // that this may become; 0: not told
  std::string why_no_more_rows;     // may it have; empty: not told
  bool has_wide = false;            // it can be run with all processors
  bool is_wide = false;             // and is, when a request comes alone
  double company = 0;               // other requests that one finds when it comes, on average
  double rows_per_second = 0;       // that come; known where there is a goal, or it can be run with all processors
  uint64_t runs = 0;
  std::vector<RunTimeEntry> run_times;
  bool operator==(const Running&) const = default;
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
  std::optional<Running> running;  // of what serves
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
