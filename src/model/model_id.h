// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace trireme {

// A model and one version of it, which is a positive number as in Triton's and TF Serving's folders.
struct ModelId {
  std::string name;
  int64_t version = 1;

  // "resnet50/2", for logs and messages.
  std::string text() const { return name + "/" + std::to_string(version); }
  auto operator<=>(const ModelId&) const = default;
};

}  // namespace trireme
