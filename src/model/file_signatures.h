// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/example_feature.h"

namespace trireme {

// An input or output of a signature, as the file has it.
struct SignatureTensor {
  std::string key;                                // what clients call it
  std::string tensor;                             // what the graph calls it: "x:0"
  int type_number = 0;                            // tensorflow.DataType: there are types that no model here has
  std::optional<std::vector<int64_t>> dims = {};  // -1: any; nothing: not even how many there are

  bool operator==(const SignatureTensor&) const = default;
};

// One of the ways to ask a model, of several that its file names (tensorflow.SignatureDef).
struct NamedSignature {
  std::string name;                     // "serving_default"
  std::string method;                   // "tensorflow/serving/predict"
  std::vector<SignatureTensor> inputs;  // in order of their keys
  std::vector<SignatureTensor> outputs;
};

// What the file of a model says of its signatures. A model that is open is one of them; each of the others is a model
// of its own on the same files.
struct FileSignatures {
  std::string served;  // the one that the model is
  // If `served` takes serialized tf.Example messages: how they are parsed, because the model takes their features.
  std::vector<ExampleFeature> example_features = {};
  std::vector<NamedSignature> all = {};  // in order of their names, `served` included

  // Null: there is none of that name.
  const NamedSignature* Find(std::string_view name) const {
    for (const NamedSignature& signature : all) {
      if (signature.name == name) return &signature;
    }
    return nullptr;
  }
};

}  // namespace trireme
