// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <algorithm>
#include <numeric>

namespace trireme {
namespace {

// Insertions, deletions and substitutions that lead from one to the other (Levenshtein).
size_t Distance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < to.size(); ++j) {
      const size_t substituted = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// Its own first.
std::vector<std::string> AllNames(const Setting& setting) {
  std::vector<std::string> names = {setting.name};
  names.insert(names.end(), setting.aliases.begin(), setting.aliases.end());
  return names;
}

}  // namespace

bool Setting::IsCalled(std::string_view word) const {
  return name == word || std::find(aliases.begin(), aliases.end(), word) != aliases.end();
}

std::string VariableName(std::string_view setting) {
  std::string name = "TRIREME_";
  for (const char c : setting) name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

namespace {

// What Kubernetes tells every container of a service named like us: TRIREME_METRICS_PORT=tcp://10.96.12.4:8002.
bool IsServiceLink(std::string_view variable, std::string_view value) {
  return variable.ends_with("_PORT") && (value.starts_with("tcp://") || value.starts_with("udp://"));
}

}  // namespace

SettingTexts ReadEnvironment(std::span<const Setting> settings,
                             const std::function<std::optional<std::string>(const std::string&)>& environment) {
  SettingTexts texts;
  for (const Setting& setting : settings) {
    for (const std::string& name : AllNames(setting)) {
      const std::string variable = VariableName(name);
      auto value = environment(variable);
      if (!value || value->empty() || IsServiceLink(variable, *value)) continue;
      texts[setting.name] = {variable, {*std::move(value)}};
      break;
    }
  }
  return texts;
}

Status ApplySettings(std::span<const Setting> settings, std::span<const SettingTexts* const> sources) {
  for (const Setting& setting : settings) {
    for (const SettingTexts* source : sources) {
      const auto found = source->find(setting.name);
      if (found == source->end()) continue;
      for (const std::string& value : found->second.values) {
        if (Status set = setting.set(value); !set.ok()) return std::move(set).Within(found->second.where);
      }
      break;
    }
  }
  return {};
}

std::string Suggestion(std::string_view name, std::span<const Setting> settings, std::string_view dashes) {
  std::string nearest;
  size_t least = std::min(std::max<size_t>(2, name.size() / 3) + 1, name.size());
  for (const Setting& setting : settings) {
    for (const std::string& known : AllNames(setting)) {
      const size_t distance = Distance(name, known);
      if (distance >= least) continue;
      least = distance;
      nearest = known;
    }
  }
  if (nearest.empty()) return "";
  return "; did you mean '" + std::string(dashes) + nearest + "'?";
}

}  // namespace trireme
