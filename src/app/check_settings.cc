// SPDX-License-Identifier: Apache-2.0
#include "app/check_settings.h"

#include <string>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {

std::vector<Setting> CheckSettings(CheckOptions& options) {
  Setting paths = Custom("paths", "PATH", "As 'trireme serve' takes them", "", [&](std::string_view text) -> Status {
    if (text.empty()) return UnexpectedText("a file or folder", text);
    options.paths.emplace_back(text);
    return {};
  });
  paths.form = Setting::Form::kArguments;
  Setting repository = Repeated(paths);
  repository.name = "model-repository";
  repository.help = "The same, as Triton has it; may repeat";
  std::vector<Setting> settings = {
      std::move(paths),
      Also(std::move(repository), {"model-store"}),
      Text("model-config-name", "NAME", "Read a model's configs/NAME.pbtxt where there is one", options.config_name),
      Switch("strict", "Warnings are failures too", options.strict),
      Switch("json", "Say the result as one JSON object", options.json),
      Choice<CheckOptions::Client>("client", "Instead, print calls that are ready to paste", options.client,
                                   {{"none", CheckOptions::Client::kNone},
                                    {"curl", CheckOptions::Client::kCurl},
                                    {"python", CheckOptions::Client::kPython}}),
      Text("url", "URL", "The server that these calls ask", options.url),
  };
  for (Setting& setting : settings) setting.group = "Options";
  return settings;
}

Status CheckCheckOptions(const CheckOptions& options) {
  if (options.paths.empty()) {
    return InvalidArgument("nothing to check: expected a PATH, as in 'trireme check models/'");
  }
  if (options.json && options.client != CheckOptions::Client::kNone) {
    return InvalidArgument("json and client: expected one of them, found both");
  }
  return {};
}

}  // namespace trireme
