// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/example_feature.h"
#include "model/infer_response.h"
#include "model/signature.h"

namespace trireme::tfserving {

// What classify and regress are asked about: tf.Examples (tensorflow/core/example/example.proto), each a serialized
// message. Views of what was read.
struct Examples {
  std::vector<std::string_view> examples;
  std::vector<std::string_view> context;  // pieces of one Example: features of all that have none of that name
};

// The inputs of a model that these are, one row an Example.
//
// A model whose only input is a list of strings with the name `inputs` reads Examples itself, and is given them. Any
// other is given their features: to each input the feature of its name, whose values are the elements of a row. Whole
// numbers go to any numeric type that they fit, floating ones to floating types, bytes to strings; optional inputs may
// be missing in all rows. Nothing is padded: a feature has as many values as a row has elements; of a row of open
// length it has the same number in every Example.
//
// A model that says itself which features it takes (`features` is not empty) is given these, as TensorFlow parses them:
// the kinds must be theirs exactly, and what an Example lacks has its default. Its other inputs are none of these.
//
// `max_bytes`: that inputs may have together, which may be more than what was sent where there is a context.
// kInvalidArgument names the Example, the feature, what was expected and what came. kTooLarge.
Result<std::vector<NamedTensor>> InputsOfExamples(const Examples& examples, const Signature& signature,
                                                  std::span<const ExampleFeature> features, size_t max_bytes,
                                                  MemoryPool& pool);

// Serialized Examples as elements of a tensor of strings: views of it. kInvalidArgument: it is no list of strings.
Result<Examples> ExamplesOfStrings(const NamedTensor& strings);

}  // namespace trireme::tfserving
