// SPDX-License-Identifier: Apache-2.0
#include "app/convert_settings.h"

#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {

std::vector<Setting> ConvertSettings(ConvertOptions& options) {
  Setting paths =
      Custom("paths", "MODEL [OUT.onnx]", "A SavedModel, its base path or an ONNX file, and the file to write", "",
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
  Setting output = Custom("output", "OUT.onnx", "The file to write, if it is not named behind the model", "",
                          [&](std::string_view text) -> Status {
                            if (text.empty()) return UnexpectedText("a file", text);
                            if (!options.output.empty()) return UnexpectedText("one file to write", text);
                            options.output = text;
                            return {};
                          });
  output.aliases = {"o"};
  using onnxfile::Precision;
  const Choices<Precision> precisions = {
      {"fp32", Precision::kFp32}, {"fp16", Precision::kFp16}, {"int8", Precision::kInt8}};
  std::vector<Setting> settings = {
      std::move(paths),
      std::move(output),
      Choice("precision", "What it shall compute with: matrix products in int8 on CPUs, fp16 on devices that have it",
             options.lowering.precision, precisions),
      Switch("convolutions", "With int8: convolutions too, which makes the file smaller and, as a rule, runs slower",
             options.lowering.convolutions),
      Switch("reduced-range", "With int8: weights of 7 bits, for x86 processors without VNNI, where 8 overflow",
             options.lowering.reduced_range),
      Text("signature", "NAME", "The signature to convert; else serving_default, or the only one", options.signature),
      Text("tags", "TAGS", "The tags of the graph, with commas between; else serve, or the only one", options.tags),
      Switch("force", "Write over the file if there is one", options.force),
  };
  for (Setting& setting : settings) setting.group = "Options";
  return settings;
}

Status CheckConvertOptions(const ConvertOptions& options) {
  if (options.path.empty() || options.output.empty()) {
    return InvalidArgument("expected a model and a file to write, as in 'trireme convert resnet/1 resnet.onnx'");
  }
  const bool is_int8 = options.lowering.precision == onnxfile::Precision::kInt8;
  if (options.lowering.convolutions && !is_int8) {
    return InvalidArgument("--convolutions: expected --precision int8 too");
  }
  if (options.lowering.reduced_range && !is_int8) {
    return InvalidArgument("--reduced-range: expected --precision int8 too");
  }
  return {};
}

}  // namespace trireme
