// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "lifecycle/model_status.h"
#include "lifecycle/served_model.h"
#include "model/version_choice.h"

namespace trireme {

// What the server has at one moment. Immutable: published anew with every change.
struct ServingTable {
  // Shared with the requests that are just being pushed; a model's line outlives its place here until it has drained.
  using Versions = std::map<int64_t, std::shared_ptr<ServedModel>>;
  using Labels = std::map<std::string, int64_t, std::less<>>;

  std::map<std::string, Versions, std::less<>> ready;
  // Not in memory, or on the way there for a request: with what is known of them, a model without a line; null: nothing
  // yet. Shared with those who describe it.
  using Described = std::map<int64_t, std::shared_ptr<const ServedModel>>;
  std::map<std::string, Described, std::less<>> on_demand;
  // Of these, whose last load failed a moment ago: a request that names no version means another one, if there is one.
  std::map<std::string, std::set<int64_t>, std::less<>> failing;
  std::map<std::string, Labels, std::less<>> labels;  // to versions of the two above
  std::vector<ModelStatus> statuses;                  // of all known versions, by name and version

  // The version asked for; without one the newest that is ready or on demand, and not failing if one of them is not.
  // kNotFound: no such model, version or label; kUnavailable: it exists and is not ready, the message says why.
  Result<std::shared_ptr<ServedModel>> Find(std::string_view name, const VersionChoice& version) const;

  // The same for those who want to know what a model is, and not to run it: it need not be in memory.
  Result<std::shared_ptr<const ServedModel>> Describe(std::string_view name, const VersionChoice& version) const;

  // The version that Find would give if it were in memory, and that a request may have loaded.
  std::optional<int64_t> FindOnDemand(std::string_view name, const VersionChoice& version) const;

  // Whether a request that meant this version, and named none, means an older one by now: because it is failing.
  bool MeansAnOlder(const ModelId& id, const VersionChoice& version) const;

 private:
  std::optional<int64_t> Resolve(std::string_view name, const VersionChoice& version) const;
  Status WhyNot(std::string_view name, const VersionChoice& version) const;
};

}  // namespace trireme
