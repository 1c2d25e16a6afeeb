// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/engine.h"

namespace trireme {

// A command line that a person can paste into a shell and that gets an answer from this model: curl with a JSON body
// where the input is small, else with a body of zeros in the binary form. `url` is "http://127.0.0.1:8000".
std::string ExampleRequest(const std::string& url, const ModelDescription& model);

}  // namespace trireme
