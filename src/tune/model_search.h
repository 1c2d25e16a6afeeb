// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/status.h"
#include "bench/interrupts.h"
#include "bench/run_facts.h"
#include "tune/candidate.h"
#include "tune/model_facts.h"
#include "tune/options.h"
#include "tune/search.h"
#include "tune/state_file.h"

namespace trireme::tune {

// What the search has found out about one model.
struct ModelOutcome {
  TuneModel wanted;
  ModelFacts facts;
  std::string inputs;  // of a request
  int64_t rows = 0;    // the same
  bool has_samples = false;
  Space space;  // that was searched
  std::vector<Candidate> candidates;
  std::vector<PrecisionTrial> trials;
  std::vector<Visit> visits;
  SearchResult result;
  // The best candidate; nothing: not one could be measured.
  std::optional<size_t> best;
  // Files for `trireme serve`; empty: none was written.
  std::filesystem::path settings_file;
  // What the best settings gave once more, from that file; nothing: they were not tried.
  std::optional<LoadPoint> verified;
  std::string verification_failure;  // why they were not, if they should have been

  // Whether the best keeps the goal.
  bool KeepsGoal() const;
  // The file that a candidate's precision is served from.
  std::filesystem::path ServedFile(const Candidate& candidate) const;
};

// Searches one model's settings. What is measured is written down in `folder`, and taken from there if it is there
// already. Progress goes to `progress`; `facts` learn what the server is. Errors: the model cannot be looked at or
// served, a file cannot be written, the state is another search's; kCancelled: interrupted, with what was measured
// written down.
Result<ModelOutcome> SearchModel(const TuneOptions& options, const TuneModel& model,
                                 const std::filesystem::path& folder, const bench::Interrupts& interrupts,
                                 std::ostream& progress, bench::RunFacts& facts);

// By what the search of a model is told apart from another one.
SearchIdentity IdentityOf(const TuneOptions& options, const TuneModel& model, const ModelFacts& facts,
                          const std::string& samples_digest, int processors);

}  // namespace trireme::tune
