// SPDX-License-Identifier: Apache-2.0
#include "predict/open_source.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "predict/column_plan.h"
#include "predict/npy_blocks.h"
#include "predict/picture_blocks.h"
#include "predict/table_blocks.h"

namespace trireme::predict {
namespace {

bool IsFolder(const PredictOptions& options) {
  std::error_code ignored;
  return !options.input.empty() && std::filesystem::is_directory(options.input, ignored);
}

int64_t LimitOf(const PredictOptions& options) {
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  return static_cast<int64_t>(std::min(options.limit.value_or(kMost), kMost));
}

// Options that say something of columns say nothing of what has none.
Status CheckNoColumns(const PredictOptions& options, const std::string& what) {
  const char* flag = nullptr;
  if (!options.columns.empty()) flag = "--columns";
  if (!options.exclude.empty()) flag = "--exclude";
  if (!options.keep.empty()) flag = "--keep";
  if (options.header) flag = "--header";
  if (options.missing) flag = "--missing";
  if (flag == nullptr) return {};
  return InvalidArgument(std::string(flag) + ": expected a table, found " + what + " '" + options.input + "'");
}

Result<std::unique_ptr<BlockSource>> OpenPictures(const PredictOptions& options, LocalEngine& engine) {
  RETURN_IF_ERROR(CheckNoColumns(options, "a folder"));
  const std::string input = engine.engine().PictureInput(engine.description().name, VersionChoice());
  if (input.empty()) {
    return InvalidArgument("'" + options.input +
                           "' is a folder, and the model takes no pictures: a trireme.yaml with 'transform' beside it "
                           "says how they become tensors (docs/pictures.md)");
  }
  ASSIGN_OR_RETURN(std::vector<std::string> files, FindPictures(options.input));
  return std::unique_ptr<BlockSource>(std::make_unique<PictureBlocks>(
      options.input, std::move(files),
      PictureBlocks::Options{.input = input,
                             .skip_bad_rows = options.on_error == PredictOptions::OnError::kSkip,
                             .limit = LimitOf(options)}));
}

table::SourceSpec SpecOf(const PredictOptions& options, table::Format format) {
  return {.files = options.input,
          .format = format,
          .query = options.query,
          .header = options.header,
          .limit = options.limit};
}

Status OpenTable(const PredictOptions& options, LocalEngine& engine, table::Tables& tables, OpenedSource& opened) {
  const std::optional<table::Format> format = table::FormatOf(options.input);
  if (options.query.empty() && !format) {
    return InvalidArgument("'" + options.input +
                           "': expected a name that ends in .csv, .jsonl, .parquet or .npy, or a folder of pictures");
  }
  ASSIGN_OR_RETURN(opened.table, tables.Open(SpecOf(options, format.value_or(table::Format::kParquet))));
  const ModelDescription& model = engine.description();
  ASSIGN_OR_RETURN(ColumnPlan plan,
                   PlanColumns(model.signature, opened.table->columns(),
                               {.columns = options.columns, .exclude = options.exclude, .keep = options.keep}));
  using Missing = PredictOptions::Missing;
  // Trees have a way to go for what is not there; other models compute with it, and everything becomes NaN.
  const bool may_lack = std::ranges::all_of(model.signature.inputs, &TensorSpec::missing_is_nan);
  const Missing missing = options.missing.value_or(may_lack ? Missing::kNan : Missing::kFail);
  const bool is_csv = format == table::Format::kCsv && table::FormatOf(options.output) == table::Format::kCsv;
  const bool skips = options.on_error == PredictOptions::OnError::kSkip;
  ASSIGN_OR_RETURN(opened.blocks,
                   TableBlocks::Open(*opened.table,
                                     {.plan = std::move(plan),
                                      .skip_bad_rows = skips,
                                      .missing_is_nan = missing == Missing::kNan,
                                      // What is no JSON is passed over as a row without any value; trees would score
                                      // one. A row of the query's own is as it was asked for.
                                      .empty_is_bad = skips && format == table::Format::kJsonLines,
                                      .keep_as_text = is_csv,
                                      .has_rows_dimension = model.signature.batched},
                                     engine.pool()));
  return {};
}

}  // namespace

bool ReadsTable(const PredictOptions& options) {
  return !IsFolder(options) && !IsNpy(options.input);
}

Result<OpenedSource> OpenSource(const PredictOptions& options, LocalEngine& engine, table::Tables* tables) {
  OpenedSource opened;
  if (IsFolder(options)) {
    ASSIGN_OR_RETURN(opened.blocks, OpenPictures(options, engine));
  } else if (IsNpy(options.input)) {
    RETURN_IF_ERROR(CheckNoColumns(options, "an array"));
    ASSIGN_OR_RETURN(opened.blocks,
                     NpyBlocks::Open(options.input, engine.description().signature, LimitOf(options), engine.pool()));
  } else {
    RETURN_IF_ERROR(OpenTable(options, engine, *tables, opened));
  }
  return opened;
}

}  // namespace trireme::predict
