// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/labels.h"
#include "model/service_goal.h"
#include "model/signature.h"
#include "repository/finding.h"
#include "repository/scan.h"
#include "transform/model_transform.h"

namespace trireme {

// Where a model's folder says what is done around the model.
inline constexpr const char* kTransformFileName = "trireme.yaml";

struct TransformFile {
  transform::TransformWish wish;
  // How the model is to be run; nothing: it does not say.
  std::optional<ServiceGoal> goal;
  std::optional<double> weight;
  std::optional<uint64_t> cache_bytes;
  std::string text;               // as it was read; empty: there is no such file
  std::vector<Finding> findings;  // with an error among them the model cannot be served like this
};

// Reads trireme.yaml of a model's folder, if there is one:
//
//   transform:
//     image:                      # pictures instead of a tensor
//       resize: 256               # the shorter side; or {longest: 640}, {width: 640, height: 480}, none
//       crop: 224                 # or {width: 224, height: 224}, none
//       normalise: imagenet       # or minus_one_to_one, zero_to_one, none, {mean: [...], std: [...]}
//     classes: {top: 5, labels: labels.txt}    # or detections: {...}, segmentation: {...}
//   slo: p99=100ms              # model/service_goal.h
//   weight: 2                   # of its share of the processors, 0.01 to 100
//   cache: 64MiB                # of answers that are kept, 0: none
//
// docs/pictures.md has every key of transform, docs/scheduling.md the others. Every problem is found, with its line.
// Any bytes may come.
TransformFile ReadTransformFile(const std::filesystem::path& folder);
TransformFile ParseTransformFile(std::string_view yaml, const std::filesystem::path& file);

// The names of classes in such a file: one a line, or, of a file whose name ends with .json, as TorchServe's
// index_to_name.json has them. The file must lie in the model's folder, links followed, and has 64 MiB at most.
Result<transform::ClassNames> ReadClassNames(const std::filesystem::path& folder, const std::string& name);

// What is done around a model whose entry is this: what its file wants, laid over what the model takes and gives; else
// what can be offered without being asked for. kInvalidArgument names the file, the field, what was expected and found.
Result<transform::ModelTransform> FitTransformOf(const ModelEntry& entry, const Signature& signature,
                                                 const ModelLabels& labels);

}  // namespace trireme
