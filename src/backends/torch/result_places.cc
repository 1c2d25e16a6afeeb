// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/result_places.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "backends/torch/names.h"

namespace trireme::torch_backend {
namespace {

using Results = std::vector<NamedResult>;

const NamedResult* OfName(const std::string& name, const Results& results) {
  const auto found = std::ranges::find_if(results, [&](const NamedResult& result) { return result.name == name; });
  return found == results.end() ? nullptr : &*found;
}

bool AreByName(std::span<const TensorSpec> declared, const Results& results) {
  bool all = true;
  for (const TensorSpec& output : declared) {
    const NamedResult* result = OfName(output.name, results);
    if (result != nullptr && result->is_keyed) return true;
    all = all && result != nullptr;
  }
  return all;
}

Status Misfit(const TensorSpec& output, const Results& results) {
  std::vector<std::string> names;
  for (const NamedResult& result : results) names.push_back(result.name);
  return InvalidArgument("output '" + output.name + "' of the config: the model gives " +
                         std::to_string(results.size()) + " (" + Listed(names) +
                         "); expected one of these names for each output, or NAME__0, NAME__1, ... in that order");
}

}  // namespace

Result<std::vector<ResultPlace>> PlacesOf(std::span<const TensorSpec> declared, const Results& results) {
  const bool by_name = AreByName(declared, results);
  std::vector<ResultPlace> places;
  std::set<size_t> taken;
  for (const TensorSpec& output : declared) {
    size_t index = IndexIn(output.name).value_or(places.size());
    if (by_name) {
      const NamedResult* result = OfName(output.name, results);
      index = result == nullptr ? results.size() : static_cast<size_t>(result - results.data());
    }
    if (index >= results.size() || !taken.insert(index).second) return Misfit(output, results);
    places.push_back({.index = index, .key = results[index].is_keyed ? results[index].name : ""});
  }
  return places;
}

const NamedResult* FindResult(const ResultPlace& place, const Results& results) {
  const bool is_there = place.index < results.size();
  if (is_there && (place.key.empty() || results[place.index].name == place.key)) return &results[place.index];
  const auto found =
      std::ranges::find_if(results, [&](const NamedResult& r) { return r.is_keyed && r.name == place.key; });
  return place.key.empty() || found == results.end() ? nullptr : &*found;
}

}  // namespace trireme::torch_backend
