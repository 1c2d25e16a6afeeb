// SPDX-License-Identifier: Apache-2.0
#include "predict/predict.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/cpu_count.h"
#include "base/memory_limit.h"
#include "base/version.h"
#include "predict/local_engine.h"
#include "predict/open_source.h"
#include "predict/output_file.h"
#include "predict/progress.h"
#include "predict/run.h"
#include "predict/summary.h"
#include "table/plugin.h"

namespace trireme::predict {
namespace {

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

std::string Absolute(const std::filesystem::path& path) {
  std::error_code ignored;
  return path.empty() ? std::string() : std::filesystem::absolute(path, ignored).lexically_normal().string();
}

// Everything that decides what the output says. Not: how the work is cut up, and whether it may write over something.
Identity IdentityOf(const PredictOptions& options, const LocalEngine& engine) {
  return {
      {"the program", std::string("trireme ") + kVersion},
      {"the model", Absolute(options.model)},
      {"the model's files", std::to_string(engine.fingerprint())},
      {"the input", Absolute(options.input)},
      {"--query", options.query},
      {"--columns", Joined(options.columns)},
      {"--exclude", Joined(options.exclude)},
      {"--keep", Joined(options.keep)},
      {"--output-columns", Joined(options.output_columns)},
      {"--header", options.header ? (*options.header ? "yes" : "no") : "auto"},
      {"--missing", options.missing ? (*options.missing == PredictOptions::Missing::kNan ? "nan" : "fail") : "auto"},
      {"--on-error", options.on_error == PredictOptions::OnError::kSkip ? "skip" : "fail"},
      {"--limit", options.limit ? std::to_string(*options.limit) : ""}};
}

Result<std::unique_ptr<table::Tables>> OpenTables(const PredictOptions& options) {
  constexpr uint64_t kLeast = uint64_t{256} << 20;
  constexpr uint64_t kMost = uint64_t{2} << 30;
  return table::OpenPlugin("duckdb", options.plugin_folder,
                           {.threads = options.threads,
                            .memory_bytes = std::clamp(AvailableMemory() / 4, kLeast, kMost),
                            .scratch = options.output.string() + ".partial/scratch"});
}

// --force is for what runs before this one made.
Status CheckNoInput(const PredictOptions& options) {
  for (const auto& [what, path] : {std::pair("input", std::filesystem::path(options.input)),
                                   std::pair("model", std::filesystem::path(options.model))}) {
    std::error_code ignored;
    if (path.empty() || !std::filesystem::equivalent(path, options.output, ignored)) continue;
    return InvalidArgument("--output: expected another file than the " + std::string(what) + ", found '" +
                           options.output.string() + "'");
  }
  return {};
}

Result<Summary> Predict(const PredictOptions& options, ProgressReporter& progress) {
  RETURN_IF_ERROR(CheckPlace(options.output, options.force));
  RETURN_IF_ERROR(CheckNoInput(options));
  const bool needs_tables = ReadsTable(options) || !IsNpy(options.output);
  std::unique_ptr<table::Tables> tables;
  if (needs_tables) {
    ASSIGN_OR_RETURN(tables, OpenTables(options));
  }
  ASSIGN_OR_RETURN(
      const std::unique_ptr<LocalEngine> engine,
      LocalEngine::Open({.model = options.model, .plugin_folder = options.plugin_folder, .threads = options.threads}));
  if (engine->description().config.decoupled) {
    return Unsupported("the model gives any number of responses to a request: there is no row for each");
  }
  ASSIGN_OR_RETURN(const OpenedSource source, OpenSource(options, *engine, tables.get()));
  ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> output, OutputFile::Open({.path = options.output,
                                                                               .identity = IdentityOf(options, *engine),
                                                                               .force = options.force,
                                                                               .restart = options.restart}));
  if (const int64_t rows = output->milestone().rows_read; rows > 0) {
    progress.Say("goes on behind row " + Grouped(rows) + ", where the last run ended");
  }
  Run run({.options = options,
           .engine = *engine,
           .source = *source.blocks,
           .output = *output,
           .tables = IsNpy(options.output) ? nullptr : tables.get(),
           .progress = progress});
  Result<Summary> summary = run.Go();
  const int64_t kept = output->milestone().rows_read;
  if (summary.ok() || kept == 0) return summary;
  return Status(summary.status().code(), summary.status().message() + "\n" + Grouped(kept) +
                                             " rows before that are scored and kept: the same command goes on there");
}

}  // namespace

int RunPredict(const PredictOptions& wanted, std::ostream& out, std::ostream& err) {
  PredictOptions options = wanted;
  if (options.threads == 0) options.threads = AvailableCpus();
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow any more is an error of its write
  ProgressReporter progress(err, options.on_terminal);
  const Result<Summary> summary = Predict(options, progress);
  progress.Clear();
  if (!summary.ok()) {
    err << "trireme: " << summary.status().message() << "\n";
    return kExitFailed;
  }
  if (options.json) {
    out << SummaryJson(*summary, options);
  } else if (!summary->interrupted) {
    out << SummaryText(*summary, options);
  }
  if (!summary->interrupted) return kExitScored;
  err << "trireme: interrupted; " << Grouped(summary->rows_read)
      << " rows are scored, and the same command goes on from there\n";
  return kExitInterrupted;
}

}  // namespace trireme::predict
