// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <algorithm>
#include <utility>

#include "base/nearest_name.h"

namespace trireme {
namespace {

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
  std::vector<std::string> names;
  for (const Setting& setting : settings) {
    for (std::string& known : AllNames(setting)) names.push_back(std::move(known));
  }
  const std::optional<std::string> nearest = NearestName(name, names);
  return nearest ? "; did you mean '" + std::string(dashes) + *nearest + "'?" : "";
}

}  // namespace trireme
