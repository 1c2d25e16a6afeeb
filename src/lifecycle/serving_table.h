// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "lifecycle/model_status.h"
#include "lifecycle/served_model.h"

namespace trireme {

// What the server has at one moment. Immutable: published anew with every change.
struct ServingTable {
  // Shared with the requests that are just being pushed; a model's line outlives its place here until it has drained.
  using Versions = std::map<int64_t, std::shared_ptr<ServedModel>>;

  std::map<std::string, Versions, std::less<>> ready;
  std::vector<ModelStatus> statuses;  // of all known versions, by name and version

  // The version asked for, or the newest that is ready. kNotFound: no such model or version; kUnavailable: it exists
  // and is not ready, the message says why.
  Result<std::shared_ptr<ServedModel>> Find(std::string_view name, std::optional<int64_t> version) const;
};

}  // namespace trireme
