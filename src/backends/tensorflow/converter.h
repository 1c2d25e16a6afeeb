// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.h"
#include "backends/tensorflow/data_file.h"
#include "backends/tensorflow/saved_model.h"
#include "backends/tensorflow/tensor_bundle.h"
#include "base/status.h"
#include "onnxfile/onnx_writer.h"

namespace trireme::tensorflow {

struct ConvertOptions {
  std::string signature;
  bool with_data = true;     // false: no element of a variable is read; what comes is good for its signature alone
  DataFile* data = nullptr;  // gets the large constants, as external data of the model; null: they are in it
};

// A signature of a SavedModel as an ONNX model, whose inputs and outputs are called as the signature has them.
struct Converted {
  onnxfile::Model model;
  // If the signature takes serialized tf.Example messages: instead of them the model takes these features, parsed.
  std::vector<ExampleFeature> example_features;
  uint64_t constant_bytes = 0;
};

// Converts a signature. Variables are checked against their checksums and copied as they are read, filters of
// convolutions turned round: no more than one of these is in memory at a time.
//
// kNotFound: no such signature; the message lists those that there are. kUnsupported: names every operator that cannot
// be converted, with its first node, and the signature. kInvalidArgument: what is wrong with the graph or the
// variables. Safe on any graph.
Result<Converted> ConvertSignature(const MetaGraph& meta, const TensorBundle& bundle, const ConvertOptions& options);

// kNotFound: there is no such signature; lists those that there are.
Status CheckSignature(const MetaGraph& meta, std::string_view signature);

// The signatures one of which is the model where nobody names one, the best first: serving_default, or else all by
// their names, of which the first that can be converted is taken.
std::vector<std::string> DefaultSignatures(const MetaGraph& meta);

}  // namespace trireme::tensorflow
