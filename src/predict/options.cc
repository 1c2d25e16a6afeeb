// SPDX-License-Identifier: Apache-2.0
#include "predict/options.h"

#include "base/letter_case.h"
#include "table/tables.h"

namespace trireme::predict {

bool IsNpy(const std::filesystem::path& path) {
  return LowerCase(path.extension().string()) == ".npy";
}

Status Check(const PredictOptions& options) {
  if (options.model.empty() || (options.input.empty() && options.query.empty()) || options.output.empty()) {
    return InvalidArgument(
        "expected a model, an input and a file to write, as in 'trireme predict model.onnx rows.csv -o scores.csv'");
  }
  if (!options.input.empty() && !options.query.empty()) {
    return InvalidArgument("--query: expected it or an input, found both ('" + options.input + "')");
  }
  if (!IsNpy(options.output) && !table::FormatOf(options.output)) {
    return InvalidArgument("--output: expected a name that ends in .csv, .jsonl, .parquet or .npy, found '" +
                           options.output.string() + "'");
  }
  if (IsNpy(options.output) && !options.keep.empty()) {
    return InvalidArgument("--keep: expected an output that is a table, found '" + options.output.string() + "'");
  }
  if (!options.columns.empty() && !options.exclude.empty()) {
    return InvalidArgument("--exclude: expected it or --columns, found both");
  }
  return {};
}

}  // namespace trireme::predict
