// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/model_config.h"
#include "model/model_id.h"

namespace trireme {

// A model that can be tried: which file a backend is to open, and how somebody wants it to be run.
struct ModelEntry {
  ModelId id;
  std::filesystem::path path;  // what a backend opens: the model file
  ModelConfig config;
  std::vector<std::string> notes;  // what was passed over or assumed on the way; sentences for people
};

// Something that looks like a model and cannot be one.
struct ModelProblem {
  std::filesystem::path path;
  std::string name;  // the model's; empty if there is none or it breaks the rule for names
  Status status;     // names the path, what was expected and what was found
};

// A name stands in `models` or in `problems`, never in both and never twice. Both are sorted: models by name and
// version, problems by name and path.
struct RepositoryScan {
  std::vector<ModelEntry> models;
  std::vector<ModelProblem> problems;
  std::vector<std::string> notes;  // what was passed over and belongs to no model
};

// Finds out which models lie at `paths`, and gives each the settings in `defaults`. A path is one of
//
//   model.onnx                      a file: the model is named after its stem and is version 1
//   folder/*.onnx                   a folder of such files
//   folder/NAME/VERSION/model.onnx  a Triton repository; of each model the newest version
//   NAME/VERSION/model.onnx         one model of a Triton repository, named after the folder
//
// and a folder may mix the first two kinds. Versions are positive decimal numbers without leading zeros; hidden files
// and folders are passed over; links are followed. The layout is Triton's:
// https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_repository.md
//
// The same name in two places is served from neither, and is a problem that names both. A model of a kind that no
// backend runs gives way to one that can be served under its name.
//
// Everything that is wrong with a path or with what lies in it is a problem, so that the rest can be served; only a
// call without paths fails. Reads folders and at most the first bytes of a file; opens no model. Thread-safe.
Result<RepositoryScan> ScanRepository(std::span<const std::filesystem::path> paths, const ModelConfig& defaults);

}  // namespace trireme
