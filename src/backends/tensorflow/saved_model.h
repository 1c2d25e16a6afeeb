// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/tensorflow/graph_def.h"
#include "backends/tensorflow/types.h"
#include "base/status.h"

namespace trireme::tensorflow {

// An input or output of a signature.
struct SignatureTensor {
  std::string key;          // what clients call it
  std::string_view tensor;  // "node:0" in the graph
  TfType type = TfType::kInvalid;
  std::optional<Dims> dims;  // nothing: not even how many
};

// A SignatureDef.
struct SignatureDef {
  std::string method;                   // "tensorflow/serving/predict"
  std::vector<SignatureTensor> inputs;  // by key
  std::vector<SignatureTensor> outputs;
};

// A file of the folder `assets` that a tensor of the graph names.
struct Asset {
  std::string_view tensor;
  std::string_view file;
};

// A MetaGraphDef: one graph with what can be asked of it.
struct MetaGraph {
  std::vector<std::string> tags;
  std::string made_by;  // TensorFlow's version, "2.14.0"
  GraphDef graph;
  std::string_view restore_op;                     // the node that restores the variables, if any
  std::map<std::string, SignatureDef> signatures;  // but for those that are the runtime's own
  std::vector<Asset> assets;
};

// Reads the bytes of a saved_model.pb and picks the graph whose tags are `tags`, no matter in which order; where that
// is empty {serve}, else the only graph. What is returned views `bytes`. kNotFound names the tag sets that there are;
// kInvalidArgument, kTooLarge: what is wrong with the file. Safe on any bytes.
Result<MetaGraph> ReadSavedModel(std::string_view bytes, std::span<const std::string> tags);

// Whether a file that begins like this may be a SavedModel.
bool LooksLikeSavedModel(std::string_view beginning);

}  // namespace trireme::tensorflow
