// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/clock.h"
#include "base/memory_pool.h"
#include "model/signature.h"

namespace trireme {

struct TrialOptions {
  int64_t max_rows = 0;                             // 0: find out which batch pays; else warm up towards this one
  int64_t most_rows = 32;                           // that are looked at while finding out
  Duration enough{std::chrono::milliseconds(300)};  // no further measurement begins after this
  size_t most_bytes = size_t{64} << 20;             // that the inputs of a batch have
  bool on_processors = true;                        // and not on a GPU, which may take as long for many rows as for one
};

// What running a model a few times told about it.
struct TrialResult {
  bool ran = false;            // it took made-up input
  bool batched = false;        // a batch gives what its rows give alone
  bool refuted = false;        // a batch was run, and did not
  int64_t max_rows = 1;        // the smallest batch whose rows are (nearly) as cheap as they get
  int64_t warm_rows = 1;       // the largest batch of requests that it was run with
  int64_t free_dim = 1;        // a size that it took where the signature leaves one open
  size_t row_bytes = 0;        // of its inputs
  std::vector<Duration> cost;  // of runs with 1, 2, 4... rows, as far as they were measured
  std::string note;            // for people: why it does not batch, or could not be tried
  std::string why_no_more;     // rows than max_rows: for people too
};

// Runs a freshly opened model on made-up input: warms it up, finds out whether requests may share a run, and measures
// by which batch a row gets cheaper. On a CPU that is often none: a big model's row costs the same alone, and joining
// inputs costs a copy (docs/decisions/0003-batch-size-by-trial.md). On a loader thread.
//
// `signature` is what the model itself takes and gives, narrowed to what clients may send; not batched if it shall not
// be tried.
TrialResult TryModel(OpenModel& model, const Signature& signature, const TrialOptions& options, MemoryPool& pool,
                     const Clock& clock);

// Runs what was tried before, and has not changed since, once with a row and once with the batch that it found: warm.
// False: it does not take them any more, and should be tried anew. On a loader thread.
bool WarmUpAsTried(OpenModel& model, const Signature& signature, const TrialResult& tried, MemoryPool& pool);

// How long a row takes, the shortest of a few runs; nothing: it does not take it any more. On a loader thread.
std::optional<Duration> MeasureRow(OpenModel& model, const Signature& signature, const TrialResult& tried,
                                   MemoryPool& pool, const Clock& clock);

// The smallest batch within `slack` of the cheapest row. `cost[i]` is the time of a run of 2^i rows; not empty.
int64_t BatchThatPays(const std::vector<Duration>& cost, double slack = 0.1);

// Whether two tensors hold the same values, floating ones up to what another order of summation changes.
bool NearlyEqual(const Tensor& a, const Tensor& b);

}  // namespace trireme
