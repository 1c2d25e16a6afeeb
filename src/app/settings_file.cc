// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "app/settings.h"

namespace trireme {
namespace {

constexpr std::streamsize kMostBytes = 1 << 20;

// "server.yaml:3"
std::string Line(const std::filesystem::path& file, const YAML::Mark& mark) {
  return file.string() + ":" + std::to_string(mark.line + 1);
}

std::string_view Describe(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return "a value";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a map";
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined:
      break;
  }
  return "nothing";
}

Result<std::string> ReadWhole(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return NotFound("config file " + file.string() + ": expected a YAML file, found " +
                    (std::filesystem::exists(file, error) ? "something else" : "no such file"));
  }
  std::ifstream in(file, std::ios::binary);
  std::string text(static_cast<size_t>(kMostBytes) + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || !in.is_open()) return Unavailable("config file " + file.string() + " cannot be read");
  if (in.gcount() > kMostBytes) return TooLarge("config file " + file.string() + ": expected at most 1MiB, found more");
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

// Of a map, "NAME=VALUE" each.
Result<std::vector<std::string>> ReadPairs(const YAML::Node& map) {
  std::vector<std::string> values;
  for (const auto& pair : map) {
    if (!pair.first.IsScalar() || !pair.second.IsScalar()) {
      const YAML::Node& other = pair.first.IsScalar() ? pair.second : pair.first;
      return InvalidArgument("expected a map of names to values, found " + std::string(Describe(other)) + " in it");
    }
    values.push_back(pair.first.Scalar() + "=" + pair.second.Scalar());
  }
  return values;
}

Result<std::vector<std::string>> ReadValues(const YAML::Node& node, const Setting& setting) {
  const bool list = setting.form == Setting::Form::kRepeated || setting.form == Setting::Form::kArguments;
  if (node.IsScalar()) return std::vector<std::string>{node.Scalar()};
  if (node.IsMap() && setting.takes_map) return ReadPairs(node);
  std::vector<std::string> values;
  for (size_t i = 0; list && node.IsSequence() && i < node.size(); ++i) {
    if (!node[i].IsScalar()) break;
    values.push_back(node[i].Scalar());
  }
  if (list && node.IsSequence() && values.size() == node.size()) return values;
  return InvalidArgument(std::string("expected ") + (list ? "a value or a list of values" : "a value") + ", found " +
                         (list && node.IsSequence() ? "a list of other things" : std::string(Describe(node))));
}

// One line of the map.
Status ReadEntry(const std::filesystem::path& file, const YAML::Node& key, const YAML::Node& value,
                 std::span<const Setting> settings, SettingTexts& texts) {
  const std::string line = Line(file, key.Mark());
  if (!key.IsScalar())
    return InvalidArgument(line + ": expected the name of a setting, found " + std::string(Describe(key)));
  std::string name = key.Scalar();
  std::replace(name.begin(), name.end(), '_', '-');
  const auto setting =
      std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.IsCalled(name); });
  if (setting == settings.end()) {
    return InvalidArgument(line + ": unknown key '" + key.Scalar() + "'" + Suggestion(name, settings));
  }
  if (const auto before = texts.find(setting->name); before != texts.end()) {
    return InvalidArgument(line + ": " + name + " is set before, at " + before->second.where);
  }
  const std::string where = line + ": " + name;
  auto values = ReadValues(value, *setting);
  if (!values.ok()) return std::move(values).status().Within(where);
  texts[setting->name] = {where, std::move(values).value()};
  return {};
}

Result<SettingTexts> ReadMap(const std::filesystem::path& file, const YAML::Node& root,
                             std::span<const Setting> settings) {
  SettingTexts texts;
  if (root.IsNull()) return texts;
  if (!root.IsMap()) {
    return InvalidArgument(Line(file, root.Mark()) + ": expected lines such as 'http-port: 8000', found " +
                           std::string(Describe(root)));
  }
  for (const auto& entry : root) {
    RETURN_IF_ERROR(ReadEntry(file, entry.first, entry.second, settings, texts));
  }
  return texts;
}

}  // namespace

Result<SettingTexts> ReadSettingsFile(const std::filesystem::path& file, std::span<const Setting> settings) {
  ASSIGN_OR_RETURN(const std::string text, ReadWhole(file));
  try {
    return ReadMap(file, YAML::Load(text), settings);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(Line(file, e.mark) + ": not YAML: " + e.msg);
  }
}

}  // namespace trireme
