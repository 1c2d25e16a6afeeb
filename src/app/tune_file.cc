// SPDX-License-Identifier: Apache-2.0
#include "app/tune_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include "repository/yaml_value.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using Kind = YamlValue::Kind;

constexpr uintmax_t kMostBytes = 64 << 10;
constexpr size_t kMostModels = 100;

Status At(const fs::path& file, int line, const std::string& words) {
  return InvalidArgument(file.string() + ":" + std::to_string(line) + ": " + words);
}

Result<std::string> ReadWhole(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    return NotFound("'" + file.string() + "': expected a YAML file, found " +
                    (fs::exists(file, error) ? "something else" : "no such file"));
  }
  if (fs::file_size(file, error) > kMostBytes) return TooLarge("'" + file.string() + "': expected at most 64KiB");
  std::ifstream in(file, std::ios::binary);
  if (!in) return Unavailable("'" + file.string() + "' cannot be read");
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

bool IsPlain(const YamlValue& value) {
  return value.kind != Kind::kNull && value.kind != Kind::kList && value.kind != Kind::kMap;
}

// The texts of a setting: one, or a list of them where it may repeat.
Result<std::vector<std::string>> TextsOf(const YamlValue& value, const Setting& setting) {
  if (IsPlain(value)) return std::vector{value.text};
  const bool is_list = setting.form == Setting::Form::kRepeated;
  const std::string expected = is_list ? "expected a value or a list of values, found " : "expected a value, found ";
  if (!is_list || value.kind != Kind::kList) return InvalidArgument(expected + value.Described());
  std::vector<std::string> texts;
  for (const YamlValue& item : value.items) {
    if (!IsPlain(item)) return InvalidArgument(expected + "in it " + item.Described());
    texts.push_back(item.text);
  }
  return texts;
}

class Reader {
 public:
  Reader(const fs::path& file, std::span<const Setting> settings, std::span<const Setting> model_settings)
      : file_(file), all_(settings.begin(), settings.end()), model_settings_(model_settings) {
    // A file is not told in a file, and its models stand in a list.
    std::erase_if(all_, [](const Setting& setting) { return setting.form == Setting::Form::kArguments; });
    all_.insert(all_.end(), model_settings.begin(), model_settings.end());
  }

  Result<TuneFile> Read(const YamlValue& root) const {
    if (root.kind != Kind::kMap) return At(file_, std::max(root.line, 1), "expected a map with 'models'");
    TuneFile read;
    for (const YamlValue::Member& member : root.members) {
      if (member.key == "models") {
        RETURN_IF_ERROR(ReadModels(member.value, read));
      } else {
        RETURN_IF_ERROR(ReadSetting(member, all_, "", read.settings));
      }
    }
    if (read.models.empty()) return At(file_, 1, "expected 'models', a list of maps, each with a 'path'; found none");
    return read;
  }

 private:
  Status ReadModels(const YamlValue& list, TuneFile& read) const {
    if (list.kind != Kind::kList) {
      return At(file_, list.key_line, "models: expected a list of maps, found " + list.Described());
    }
    if (list.items.size() > kMostModels) {
      return At(file_, list.key_line, "models: expected at most " + std::to_string(kMostModels));
    }
    for (size_t i = 0; i < list.items.size(); ++i) {
      RETURN_IF_ERROR(ReadModel(list.items[i], "models[" + std::to_string(i) + "]", read));
    }
    return {};
  }

  Status ReadModel(const YamlValue& map, const std::string& name, TuneFile& read) const {
    if (map.kind != Kind::kMap) {
      return At(file_, map.line, name + ": expected a map with a 'path', found " + map.Described());
    }
    TuneFileModel& model = read.models.emplace_back();
    for (const YamlValue::Member& member : map.members) {
      if (member.key != "path") {
        RETURN_IF_ERROR(ReadSetting(member, model_settings_, name + ".", model.settings));
        continue;
      }
      if (!IsPlain(member.value) || member.value.text.empty()) {
        return At(file_, member.value.key_line, name + ".path: expected a model, found " + member.value.Described());
      }
      model.path = Beside(member.value.text);
    }
    if (model.path.empty()) return At(file_, map.line, name + ".path: expected a model, found nothing");
    return {};
  }

  Status ReadSetting(const YamlValue::Member& member, std::span<const Setting> known, const std::string& prefix,
                     SettingTexts& to) const {
    std::string name = member.key;
    std::ranges::replace(name, '_', '-');
    const auto setting = std::ranges::find_if(known, [&](const Setting& s) { return s.IsCalled(name); });
    const int line = member.value.key_line;
    if (setting == known.end()) {
      return At(file_, line, prefix + "unknown key '" + member.key + "'" + Suggestion(name, known));
    }
    auto texts = TextsOf(member.value, *setting);
    if (!texts.ok()) return At(file_, line, prefix + name + ": " + texts.status().message());
    if (setting->name == "samples") {
      for (std::string& text : *texts) text = Beside(text);
    }
    to[setting->name] = {file_.string() + ":" + std::to_string(line) + ": " + prefix + name, *std::move(texts)};
    return {};
  }

  fs::path Beside(const std::string& path) const { return file_.parent_path() / path; }

  const fs::path& file_;
  std::vector<Setting> all_;
  const std::span<const Setting> model_settings_;
};

}  // namespace

bool IsTuneFile(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

Result<TuneFile> ReadTuneFile(const fs::path& file, std::span<const Setting> settings,
                              std::span<const Setting> model_settings) {
  ASSIGN_OR_RETURN(const std::string text, ReadWhole(file));
  Result<YamlValue> root = ParseYaml(text, {.repeated_keys = false});
  if (!root.ok()) return std::move(root).status().Within(file.string());
  return Reader(file, settings, model_settings).Read(*root);
}

}  // namespace trireme
