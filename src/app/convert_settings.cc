// SPDX-License-Identifier: Apache-2.0
#include "app/convert_settings.h"

#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {

std::vector<Setting> ConvertSettings(ConvertOptions& options) {
  Setting paths = Custom("paths", "SAVEDMODEL OUT.onnx", "A SavedModel or its base path, and the file to write", "",
                         [&](std::string_view text) -> Status {
                           if (text.empty()) return UnexpectedText("a file or folder", text);
                           if (options.path.empty()) {
                             options.path = text;
                           } else if (options.output.empty()) {
                             options.output = text;
                           } else {
                             return UnexpectedText("two paths", text);
                           }
                           return {};
                         });
  paths.form = Setting::Form::kArguments;
  std::vector<Setting> settings = {
      std::move(paths),
      Text("signature", "NAME", "The signature to convert; else serving_default, or the only one", options.signature),
      Text("tags", "TAGS", "The tags of the graph, with commas between; else serve, or the only one", options.tags),
      Switch("force", "Write over the file if there is one", options.force),
  };
  for (Setting& setting : settings) setting.group = "Options";
  return settings;
}

Status CheckConvertOptions(const ConvertOptions& options) {
  if (options.output.empty()) {
    return InvalidArgument("expected a SavedModel and a file to write, as in 'trireme convert resnet/1 resnet.onnx'");
  }
  return {};
}

}  // namespace trireme
