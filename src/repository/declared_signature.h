// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/signature.h"
#include "repository/finding.h"
#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace trireme {

// What a config file says of one input or output; what it does not say is empty.
struct DeclaredTensor {
  std::string name;
  std::optional<DataType> type;
  std::optional<Shape> dims;     // without the batch dimension, if max_batch_size is above 0
  std::optional<Shape> reshape;  // what the model takes or gives where clients see `dims`
  bool optional = false;
  std::string label_file;  // of an output; a name within the model's folder

  // Where it is said, for messages; as little as is known.
  FieldPlace place = {};
  FieldPlace name_place = {};
  FieldPlace type_place = {};
  FieldPlace dims_place = {};
  FieldPlace reshape_place = {};
  FieldPlace optional_place = {};
  FieldPlace label_place = {};
};

// Where it says what a warm-up sample has (model_warmup), for messages.
struct DeclaredWarmup {
  struct Input {
    FieldPlace place = {};
    FieldPlace type_place = {};
    FieldPlace dims_place = {};
    FieldPlace file_place = {};
  };
  FieldPlace place = {};
  std::map<std::string, Input> inputs;
};

// What a config file says of a model's inputs and outputs: to be laid over what the model itself says, field by field
// (FitToModel); and where it says what a runtime is to be told.
struct DeclaredSignature {
  std::filesystem::path file;  // where it is said, for messages; empty: nowhere
  // 0: no dimension counts rows. Above: the outermost one does, dims leave it out, and no request may have more.
  std::optional<int64_t> max_batch_size;
  std::vector<DeclaredTensor> inputs;
  std::vector<DeclaredTensor> outputs;
  FieldPlace max_batch_size_place = {};
  std::map<std::string, FieldPlace> parameter_places = {};  // of the runtime's parameters, by key
  std::vector<DeclaredWarmup> warmup;  // as ModelConfig::warmup has the samples; fewer: nothing is known of the rest

  // The names of inputs that requests may leave out.
  std::vector<std::string> optional_inputs() const {
    std::vector<std::string> names;
    for (const DeclaredTensor& input : inputs) {
      if (input.optional) names.push_back(input.name);
    }
    return names;
  }
};

// The same as a signature, where there is no model file that it could be laid over. kInvalidArgument: something is left
// open.
Result<Signature> WholeSignature(const DeclaredSignature& declared);

// What is declared whole, where the file of the model does not say it: all inputs, or none; all outputs, or none.
Signature KnownSignature(const DeclaredSignature& declared);

// The same as text, if it decides what opening that file gives: an ONNX file says all itself.
std::string OpeningWords(const std::filesystem::path& file, const DeclaredSignature& declared);

}  // namespace trireme
