// SPDX-License-Identifier: Apache-2.0
#include "repository/config_file.h"

#include <optional>
#include <utility>

#include "repository/config_message.h"
#include "repository/file_contents.h"
#include "repository/folder.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> FindConfig(const fs::path& folder, const std::string& config_name) {
  if (!config_name.empty()) {
    fs::path chosen = folder / "configs" / (config_name + ".pbtxt");
    if (KindOf(chosen) != PathKind::kMissing) return chosen;
  }
  fs::path usual = folder / "config.pbtxt";
  if (KindOf(usual) != PathKind::kMissing) return usual;
  return std::nullopt;
}

ConfigFile Unreadable(const fs::path& file, const Status& status, const ModelConfig& defaults) {
  Finding finding;
  finding.severity = Finding::Severity::kError;
  finding.file = file;
  finding.expected = "a text of at most " + std::to_string(kMaxConfigBytes) + " bytes";
  finding.found = status.message();
  finding.fix = "mend or remove it";
  ConfigFile config;
  config.config = defaults;
  config.declared.file = file;
  config.findings.push_back(std::move(finding));
  return config;
}

std::string NameToRepeat(const std::string& name, const ReadOptions& options) {
  return options.any_name ? "" : name;
}

// options.config_json or the defaults.
ConfigFile ReadSentConfig(const fs::path& folder, const std::string& name, const ReadOptions& options) {
  if (options.config_json.empty()) {
    ConfigFile config;
    config.config = options.scan.defaults;
    return config;
  }
  return ReadConfigJson(options.config_json, {.model_name = NameToRepeat(name, options),
                                              .file = kOverrideName,
                                              .folder = folder,
                                              .defaults = options.scan.defaults,
                                              .devices = options.scan.devices,
                                              .enabled_cache_bytes = options.scan.enabled_cache_bytes});
}

}  // namespace

ConfigFile ReadConfigWithoutFolder(const std::string& name, const ReadOptions& options) {
  return ReadSentConfig({}, name, options);
}

ConfigFile ReadConfigOf(const fs::path& folder, const std::string& name, const ReadOptions& options) {
  std::optional<fs::path> file;
  if (options.config_json.empty()) file = FindConfig(folder, options.scan.config_name);
  if (!file) return ReadSentConfig(folder, name, options);
  const auto text = ReadFileContents(*file, kMaxConfigBytes);
  if (!text.ok()) return Unreadable(*file, text.status(), options.scan.defaults);
  return ReadConfigText(*text, {.model_name = NameToRepeat(name, options),
                                .file = *file,
                                .folder = folder,
                                .defaults = options.scan.defaults,
                                .devices = options.scan.devices,
                                .enabled_cache_bytes = options.scan.enabled_cache_bytes});
}

}  // namespace trireme
