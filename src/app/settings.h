// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme {

// One thing that can be set, by the same text whether it comes as `--http-port 8000`, as TRIREME_HTTP_PORT=8000 or as
// `http-port: 8000` (`http_port`) in a file.
struct Setting {
  enum class Form {
    kValue,     // --http-port 8000
    kSwitch,    // --allow-exposure or --allow-exposure=false
    kRepeated,  // --shape A --shape B; a list in a file; one in the environment
    kArguments  // what stands without a flag; at most one setting is of this form; otherwise as kRepeated
  };

  std::string name;   // lower case, words joined by '-'
  std::string value;  // what the help calls the value: "PORT"
  std::string help;
  std::string default_text;
  std::string group;  // the heading it stands under in the help; empty: the help is silent about it
  Form form = Form::kValue;
  // Takes the value. The message of a failure says what was expected and what was found.
  std::function<Status(std::string_view text)> set;
  // Other names by which it is known everywhere, such as our own beside Triton's. Errors speak of the one that was
  // used.
  std::vector<std::string> aliases = {};
  // kRepeated: its values are NAME=VALUE, and may be a map in a file.
  bool takes_map = false;

  bool IsCalled(std::string_view word) const;
};

// A value and where it stands.
struct SettingText {
  std::string where;  // "--http-port", "TRIREME_HTTP_PORT" or "server.yaml:3: http-port"
  std::vector<std::string> values;
};

// By the setting's name, whichever of its names was used.
using SettingTexts = std::map<std::string, SettingText, std::less<>>;

// "TRIREME_HTTP_PORT".
std::string VariableName(std::string_view setting);

// What the environment says of `settings`. An empty variable is as good as none; of several for one setting the one of
// its own name decides. Variables of other names are none of our business: Kubernetes makes some that begin alike for a
// service of our name. One of those may even have a name of ours (TRIREME_METRICS_PORT, of a service trireme-metrics):
// what looks like its value, "tcp://10.96.12.4:8002", is none either.
SettingTexts ReadEnvironment(std::span<const Setting> settings,
                             const std::function<std::optional<std::string>(const std::string&)>& environment);

// What a YAML file says: a map from names to scalars, or lists where a setting repeats. Errors name file and line; one
// about an unknown key also names the nearest that is known.
Result<SettingTexts> ReadSettingsFile(const std::filesystem::path& file, std::span<const Setting> settings);

// Gives each setting its text from the first of `sources` that has one.
Status ApplySettings(std::span<const Setting> settings, std::span<const SettingTexts* const> sources);

// "; did you mean 'http-port'?", or nothing if none of `settings` is near. `dashes` stand before the name.
std::string Suggestion(std::string_view name, std::span<const Setting> settings, std::string_view dashes = "");

}  // namespace trireme
