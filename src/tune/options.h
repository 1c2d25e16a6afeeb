// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "bench/options.h"
#include "model/service_goal.h"
#include "onnxfile/output_difference.h"
#include "tune/cost.h"
#include "tune/space.h"

namespace trireme::tune {

// A model whose settings are wanted.
struct TuneModel {
  std::filesystem::path path;       // that `trireme serve` would be given: one model
  std::optional<ServiceGoal> goal;  // --slo; nothing: as many requests as possible
  Space space;                      // --space or --grid
  bool whole_grid = false;          // --grid: every candidate is measured as long as the others
  // --samples: infer requests of KServe V2 in JSON, which are sent, and whose outputs in lower precision are compared;
  // none: random elements.
  std::vector<std::string> samples;
  std::vector<bench::InputShape> shapes;  // --shape, of random elements
  int64_t rows = 1;                       // --rows, the same
  onnxfile::Tolerance tolerance;          // --tolerance: how far lower precision may be off
  std::vector<int> users;  // --users: at a time, of the loads; empty: as the candidate's settings ask for
};

inline constexpr int kMostUsers = 1024;

// `trireme tune`.
struct TuneOptions {
  std::vector<TuneModel> models;              // at least one
  std::filesystem::path out;                  // --out: the folder for report, settings and state; made if there is none
  std::chrono::milliseconds budget{600'000};  // --budget-time, of each model; of a grid: as long as it takes
  std::chrono::milliseconds window{1000};     // --window: of each load of a grid
  int rounds = 3;                             // --rounds: how often a grid is measured
  uint64_t seed = 1;                          // --seed: of random elements and orders
  bool restart = false;                       // --restart: what was measured before does not count
  Prices prices;                              // --price-per-hour
  double frames_per_second = 0;               // --frames-per-second; 0: nobody asks for video
  bool json = false;                          // --json
  std::filesystem::path program;              // `PROGRAM serve` is what is tuned
  bool on_terminal = false;                   // whether progress may be a bar
};

// Numbers out of range and what does not go together, by the flags' names.
Status Check(const TuneOptions& options);

}  // namespace trireme::tune
