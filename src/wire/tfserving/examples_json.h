// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wire/tfserving/examples.h"

namespace trireme::tfserving {

// The body of a POST to :classify or :regress.
struct ExamplesBody {
  std::string signature_name;         // as sent; empty: the default one
  std::vector<std::string> examples;  // serialized tf.Examples
  std::string context;                // the same; empty: none

  Examples views() const;
};

// Reads one: {"signature_name"?, "context"? {...}, "examples": [{"feature": value or list of values}, ...]}. Values are
// floats (with a fraction or an exponent), integers, true, false, strings and {"b64": "..."}; those of a feature are of
// one kind. `method` is "classify" or "regress", for messages. kInvalidArgument, in TF Serving's words.
Result<ExamplesBody> DecodeExamples(std::string_view text, std::string_view method);

}  // namespace trireme::tfserving
