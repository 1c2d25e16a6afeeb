// SPDX-License-Identifier: Apache-2.0
#include "repository/read_config.h"

#include <utility>

#include "repository/config_reader.h"

namespace trireme {
namespace {

ConfigFile Read(ConfigMessage config, std::string_view text, const ConfigContext& context) {
  ConfigFile file;
  file.text = text;
  file.config = context.defaults;
  file.declared.file = context.file;
  if (!config.findings.empty()) {
    file.findings = std::move(config.findings);
    return file;
  }
  file.message = SerializeConfig(config.message);
  const ConfigPlace root(config, context.file);
  FindingList findings;
  ConfigReader reader{.message = config.message, .root = root, .context = context, .file = file, .findings = findings};
  ReadIdentity(reader);
  ReadSettings(reader);
  ReadTensors(reader);
  ReadInstanceGroups(reader);
  ReadDevices(reader);
  ReadBatching(reader);
  ReadWarmup(reader);
  NoteWhatIsNotHonoured(reader);
  file.findings = findings.Take();
  return file;
}

}  // namespace

ConfigFile ReadConfigText(std::string_view text, const ConfigContext& context) {
  return Read(ParseConfigText(text, context.file), text, context);
}

ConfigFile ReadConfigJson(std::string_view json, const ConfigContext& context) {
  return Read(ParseConfigJson(json, context.file), json, context);
}

}  // namespace trireme
