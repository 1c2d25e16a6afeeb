// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/latency_histogram.h"
#include "bench/options.h"
#include "bench/run_facts.h"
#include "bench/spread.h"

namespace trireme::bench {

// So many users at random models.
struct CapacityStage {
  int users = 0;
  Duration length{0};
  uint64_t failed = 0;
  LatencyHistogram latency;  // of what was answered with success

  double per_second() const;
};

// How much of one model a budget holds, and what that is like.
struct CapacityRow {
  std::string name;    // of the variant
  std::string inputs;  // of a request
  uint64_t file_bytes = 0;
  size_t models = 0;
  uint64_t budget_bytes = 0;
  std::vector<uint64_t> used_bytes;       // after each load, as the server counts
  uint64_t before_bytes = 0;              // in use without any
  std::optional<uint64_t> process_bytes;  // of the server's process, at the end (Pss)
  std::vector<double> load_seconds;       // of each
  std::string refusal;                    // if a load was refused: the server's words
  std::vector<CapacityStage> stages;      // up to the first that had a failure
  std::string failure;                    // what failed, if something did
  bool interrupted = false;

  // That each one behind the first took: the first also starts the runtime. Of a single one, all of it.
  double bytes_a_model() const;
  Spread load_ms() const;
  // Of the last stage without a failure; 0: not one.
  int users_before_failure() const;
  double best_per_second() const;  // of all stages
  // Of one user, which the first stage has; null if there is none.
  const CapacityStage* one_user() const;
};

struct CapacityReport {
  BenchOptions options;
  RunFacts facts;
  std::vector<CapacityRow> rows;

  // What must be said with the numbers, by its name.
  std::vector<std::pair<std::string_view, std::string>> About() const;
  // What a reader must know before believing them.
  std::vector<std::string> Notes() const;
};

// The table's columns, and a row's cells, as people read them.
std::vector<std::string> CapacityColumns();
std::vector<std::string> CapacityCells(const CapacityRow& row);

// The forms in which reports come (report.h), of this one: one row a model and variant, and what each stage gave.
std::string Table(const CapacityReport& report);
std::string Json(const CapacityReport& report);
std::string Markdown(const CapacityReport& report);
std::string Csv(const CapacityReport& report);
std::string Html(const CapacityReport& report);
std::string Write(const CapacityReport& report, ReportForm form);

}  // namespace trireme::bench
