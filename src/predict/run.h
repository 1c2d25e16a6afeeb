// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "predict/block.h"
#include "predict/local_engine.h"
#include "predict/options.h"
#include "predict/output_columns.h"
#include "predict/output_file.h"
#include "predict/progress.h"
#include "predict/scorer.h"
#include "table/tables.h"

namespace trireme::predict {

// What came of a run.
struct Summary {
  int64_t rows_read = 0;     // of the source, by runs before this one too
  int64_t rows_written = 0;  // the same
  int64_t resumed_at = 0;    // rows that runs before this one had read
  Duration time{0};          // of this one, without loading the model
  uint64_t bad_count = 0;    // rows and lines that were passed over
  std::vector<BadRow> first_bad;
  bool interrupted = false;  // there is more to read
};

// From the source through the model into the file: one thread reads and sends, one writes.
class Run {
 public:
  // All must outlive it. `tables`: null for an array.
  struct Parts {
    const PredictOptions& options;
    LocalEngine& engine;
    BlockSource& source;
    OutputFile& output;
    table::Tables* tables;
    ProgressReporter& progress;
  };
  explicit Run(const Parts& parts);

  // Everything up to the file in its place; or up to a milestone, if it is interrupted or fails.
  Result<Summary> Go();

 private:
  Result<std::optional<Block>> Next(int64_t most_rows);
  Status SkipWhatIsThere();
  Status ReadAll();
  Status WriteAll();
  Status Write(ScoredBlock scored);
  Status Begin(const ScoredBlock& scored);
  Status BeginEmpty();
  Status CommitIfDue();
  Status Commit();
  Status AddSkippedLines();
  bool IsInterrupted() const;
  void ShowProgress();

  const Parts parts_;
  const ModelDescription& model_;
  const int64_t batch_rows_;
  TimePoint began_;          // behind what runs before this one have done
  double share_before_ = 0;  // of the source, by those
  Scorer scorer_;
  std::optional<OutputColumns> columns_;
  Milestone reached_;  // what is written, settled or not; of the thread that writes
  int64_t rows_since_commit_ = 0;
  TimePoint committed_;
  std::atomic<double> share_ = -1;  // of the source; a lone number: it orders nothing
  bool interrupted_ = false;        // of the thread that reads
  Summary summary_;
};

// Rows of a request: what was asked for, or as many as keep the model busy without much memory.
int64_t BatchRows(const PredictOptions& options, const ModelDescription& model);

// Names of outputs that are to be asked for; none: what the model gives.
std::vector<std::string> WantedOutputs(const PredictOptions& options, const ModelDescription& model,
                                       const std::string& answer);

}  // namespace trireme::predict
