// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "model/signature.h"

namespace trireme {

// What an example has to know of a model.
struct ExampleModel {
  std::string name;
  std::optional<int64_t> version;  // named in the example; else the server chooses
  Signature signature;
  int64_t free_dim = 1;  // a size that it takes where the signature leaves one open
};

// A command line that a person can paste into a shell and that gets an answer from this model: curl with a JSON body
// where the input is small, else with a body of zeros in the binary form; a comment if even one row is too large to be
// made up. `url` is "http://127.0.0.1:8000".
std::string CurlExample(const std::string& url, const ExampleModel& model);

// A program in Python 3 that asks each of these models once and shows what it answers. It needs nothing but Python's
// own library, and its functions serve every data type: meant to be taken apart.
std::string PythonExample(const std::string& url, std::span<const ExampleModel> models);

}  // namespace trireme
