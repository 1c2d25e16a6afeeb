// SPDX-License-Identifier: Apache-2.0
#include "tune/options.h"

#include <set>

namespace trireme::tune {
namespace {

Status CheckModel(const TuneModel& model) {
  if (model.path.empty()) return InvalidArgument("expected a model, as in 'trireme tune model.onnx'");
  if (!model.samples.empty() && !model.shapes.empty()) {
    return InvalidArgument("shape: expected it without --samples, which say themselves what is sent");
  }
  if (model.whole_grid && model.space == Space()) {
    return InvalidArgument("grid: expected settings to try, as in batch=1..32,callers=1..4");
  }
  return {};
}

}  // namespace

Status Check(const TuneOptions& options) {
  if (options.models.empty()) return InvalidArgument("expected a model, as in 'trireme tune model.onnx'");
  std::set<std::filesystem::path> paths;
  for (const TuneModel& model : options.models) {
    RETURN_IF_ERROR(CheckModel(model));
    if (!paths.insert(model.path.lexically_normal()).second) {
      return InvalidArgument("'" + model.path.string() + "': expected each model once, found it twice");
    }
  }
  if (options.frames_per_second > 0 && options.prices.empty()) {
    return InvalidArgument("frames-per-second: expected --price-per-hour beside it, which says what the time costs");
  }
  return {};
}

}  // namespace trireme::tune
