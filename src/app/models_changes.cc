// SPDX-License-Identifier: Apache-2.0
#include "app/models_changes.h"

#include <algorithm>
#include <map>
#include <utility>

#include "app/models_table.h"
#include "base/log.h"

namespace trireme {
namespace {

using admin::ModelEntry;
using Entries = std::map<std::pair<std::string, int64_t>, const ModelEntry*>;

Entries ById(const std::vector<ModelEntry>& models) {
  Entries entries;
  for (const ModelEntry& model : models) entries[{model.name, model.version}] = &model;
  return entries;
}

std::string NameOf(const ModelEntry& model) {
  return PlainText(model.name) + (model.version > 0 ? " version " + std::to_string(model.version) : "");
}

// A load that was quicker than two looks shows only in what serves now.
bool WasLoadedAgain(const ModelEntry& before, const ModelEntry& after) {
  return before.origin && after.origin && before.origin->loaded_at != after.origin->loaded_at;
}

// Those of `one` that are not in `other`.
std::vector<std::string> Without(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  std::vector<std::string> rest;
  std::copy_if(one.begin(), one.end(), std::back_inserter(rest),
               [&](const std::string& label) { return std::find(other.begin(), other.end(), label) == other.end(); });
  return rest;
}

void CompareLabels(const ModelEntry& before, const ModelEntry& after, std::vector<std::string>& changes) {
  for (const std::string& label : Without(after.labels, before.labels)) {
    changes.push_back(NameOf(after) + ": label " + PlainText(label) + " leads here");
  }
  for (const std::string& label : Without(before.labels, after.labels)) {
    changes.push_back(NameOf(after) + ": label " + PlainText(label) + " does not lead here any more");
  }
}

void Compare(const ModelEntry& before, const ModelEntry& after, std::vector<std::string>& changes) {
  const bool is_news = before.state != after.state || before.reason != after.reason || before.pinned != after.pinned;
  if (is_news || WasLoadedAgain(before, after)) changes.push_back(DescribeModel(after));
  CompareLabels(before, after, changes);
}

}  // namespace

std::vector<std::string> ModelChanges(const std::vector<ModelEntry>& before, const std::vector<ModelEntry>& after) {
  std::vector<std::string> changes;
  const Entries old_ones = ById(before);
  const Entries new_ones = ById(after);
  for (const auto& [id, model] : old_ones) {
    if (!new_ones.contains(id)) changes.push_back(NameOf(*model) + ": gone");
  }
  for (const auto& [id, model] : new_ones) {
    const auto old = old_ones.find(id);
    if (old != old_ones.end()) {
      Compare(*old->second, *model, changes);
      continue;
    }
    changes.push_back(DescribeModel(*model));
    CompareLabels({}, *model, changes);
  }
  return changes;
}

}  // namespace trireme
