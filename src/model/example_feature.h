// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace trireme {

// A feature of tf.Example messages (https://www.tensorflow.org/tutorials/load_data/tfrecord) that a model takes as an
// input of its own: who gets such messages parses them, and puts what is called `key` in each into a row of `input`.
struct ExampleFeature {
  std::string key;
  std::string input;
  DataType type = DataType::kFp32;  // FP32, INT64 or BYTES: the kinds of features there are
  Shape shape;                      // of one message: whole
  // What a message has that lacks it, as many elements as `shape` says; nothing: every message must have it.
  std::optional<std::string> default_elements = {};            // little-endian, unless they are BYTES
  std::optional<std::vector<std::string>> default_texts = {};  // if they are
};

}  // namespace trireme
