// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace trireme::predict {

// `trireme predict`.
struct PredictOptions {
  enum class OnError : uint8_t { kFail, kSkip };
  enum class Missing : uint8_t { kFail, kNan };

  std::filesystem::path model;   // as `trireme serve` takes it; one model
  std::string input;             // a table, a glob of tables, a .npy file, a folder of pictures; or empty: a query
  std::string query;             // one SELECT; or empty
  std::filesystem::path output;  // .csv, .jsonl, .parquet, .npy

  std::vector<std::string> columns;         // that go into the model, in its order; none: found by name or by order
  std::vector<std::string> exclude;         // columns that do not
  std::vector<std::string> keep;            // that are copied to the output
  std::vector<std::string> output_columns;  // of the model's, by the output's or the column's name; none: all
  std::optional<bool> header;               // of CSV; nothing: found out
  std::optional<Missing> missing;           // what a blank is; nothing: kNan for tree models, else kFail
  OnError on_error = OnError::kFail;        // what becomes of a row that cannot be scored
  std::optional<uint64_t> limit;            // rows at most

  int64_t batch = 0;     // rows of a request; 0: found out
  int threads = 0;       // that work at the same time; 0: as many as there are processors
  bool force = false;    // write over the output
  bool restart = false;  // do not go on where another run was interrupted
  bool json = false;     // the summary as one JSON object

  bool on_terminal = false;             // progress is a bar that stays where it is
  std::filesystem::path plugin_folder;  // where the plug-ins lie
  int stop_fd = -1;                     // readable once somebody wants it to stop; below 0: nobody will
};

inline constexpr int64_t kMostBatch = 1 << 20;
inline constexpr int kMostThreads = 1024;

// What no single setting can see.
Status Check(const PredictOptions& options);

// Whether the output is one array and no table.
bool IsNpy(const std::filesystem::path& path);

}  // namespace trireme::predict
