// SPDX-License-Identifier: Apache-2.0
#include "app/tune_settings.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"
#include "tensor/device.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;
using tune::TuneOptions;

constexpr milliseconds kMostTime = std::chrono::hours(24 * 7);
constexpr double kMostFrames = 100'000;

// More than 0 and at most `most`.
Setting Positive(std::string name, std::string value, std::string help, std::string default_text, double& target,
                 double most) {
  return Custom(std::move(name), std::move(value), std::move(help), std::move(default_text),
                [&target, most](std::string_view text) -> Status {
                  double number = 0;
                  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
                  if (error != std::errc() || end != text.data() + text.size() || !(number > 0) || number > most) {
                    return UnexpectedText("a number above 0 and at most " + std::to_string(static_cast<int64_t>(most)),
                                          text);
                  }
                  target = number;
                  return {};
                });
}

Setting Goal(TuneModelDraft& draft) {
  return Custom("slo", "GOAL", "What is promised, as in p99=100ms", "as many requests as possible",
                [&draft](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN(draft.model.goal, ParseServiceGoal(text));
                  return {};
                });
}

Setting SpaceSetting(TuneModelDraft& draft, std::string name, std::string help, std::string default_text, bool whole) {
  return Custom(std::move(name), "SETTINGS", std::move(help), std::move(default_text),
                [&draft, whole](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN(draft.model.space, tune::ParseSpace(text));
                  draft.model.whole_grid = whole;
                  draft.spaces.emplace_back(text);
                  return {};
                });
}

Setting PrecisionSetting(TuneModelDraft& draft) {
  return Repeated(Custom("precision", "LIST", "Also try the model in these: fp32, fp16, int8", "fp32",
                         [&draft](std::string_view text) -> Status {
                           ASSIGN_OR_RETURN(const tune::Space read, tune::ParseSpace("precision=" + std::string(text)));
                           draft.precision.insert(draft.precision.end(), read.precision.begin(), read.precision.end());
                           return {};
                         }));
}

Setting DevicesToTry(TuneModelDraft& draft) {
  return Repeated(Custom("devices", "LIST", "Try it on each of these, as cpu,cuda:0", "as the server decides",
                         [&draft](std::string_view text) -> Status {
                           for (const std::string_view name : SplitDeviceNames(text)) {
                             ASSIGN_OR_RETURN(const Device device, Device::Parse(name));
                             draft.devices.push_back(device.ToString());
                           }
                           return {};
                         }));
}

Setting Samples(TuneModelDraft& draft) {
  return Repeated(Custom("samples", "FILE", "A request of KServe V2 in JSON, instead of random elements; may repeat",
                         "", [&draft](std::string_view text) -> Status {
                           if (text.empty()) return UnexpectedText("FILE", text);
                           draft.model.samples.emplace_back(text);
                           return {};
                         }));
}

Setting Shapes(TuneModelDraft& draft) {
  return Repeated(Custom("shape", "NAME=DIM,...", "Shape of an input, as in image=1,3,224,224; may repeat", "",
                         [&draft](std::string_view text) -> Status {
                           auto shape = bench::ParseInputShape(text);
                           if (!shape.ok()) {
                             return UnexpectedText("an input and its shape, as in image=1,3,224,224", text);
                           }
                           draft.model.shapes.push_back(*std::move(shape));
                           return {};
                         }));
}

Setting Users(TuneModelDraft& draft) {
  return Custom("users", "N,...", "Users at a time, of each load", "one, then more until they bring nothing",
                [&draft](std::string_view text) -> Status {
                  draft.model.users.clear();
                  for (const std::string_view word : SplitDeviceNames(text)) {
                    int users = 0;
                    RETURN_IF_ERROR(Whole<int>("", "", "", users, 1, tune::kMostUsers).set(word));
                    if (!draft.model.users.empty() && users <= draft.model.users.back()) {
                      return UnexpectedText("numbers that grow", text);
                    }
                    draft.model.users.push_back(users);
                  }
                  return {};
                });
}

Setting Folder(TuneOptions& options) {
  return Custom("out", "FOLDER", "For the report, the settings and what was measured so far", "tune-MODEL",
                [&options](std::string_view text) -> Status {
                  if (text.empty()) return UnexpectedText("FOLDER", text);
                  options.out = text;
                  return {};
                });
}

Setting Price(TuneOptions& options) {
  return Repeated(Custom("price-per-hour", "[DEVICE=]PRICE", "Of the machine, for the cost of requests; may repeat", "",
                         [&options](std::string_view text) { return tune::ReadPrice(text, options.prices); }));
}

void Append(std::vector<Setting>& settings, const std::string& group, std::vector<Setting> more) {
  for (Setting& setting : more) {
    setting.group = group;
    settings.push_back(std::move(setting));
  }
}

}  // namespace

std::vector<Setting> TuneSettings(TuneOptions& options, std::vector<std::string>& paths) {
  Setting models = Custom("models", "MODEL", "As 'trireme serve' takes it; or a .yaml file that names several", "",
                          [&paths](std::string_view text) -> Status {
                            if (text.empty()) return UnexpectedText("a file or folder", text);
                            paths.emplace_back(text);
                            return {};
                          });
  models.form = Setting::Form::kArguments;
  std::vector<Setting> settings;
  Append(settings, "The search",
         {std::move(models),
          Time("budget-time", "How long a model's search may take, unless it is a grid", options.budget,
               milliseconds(1000), kMostTime),
          Time("window", "Length of each load of a grid", options.window, milliseconds(50), kMostTime),
          Whole("rounds", "N", "How often each candidate of a grid is measured", options.rounds, 1, 1000),
          Whole<uint64_t>("seed", "N", "Of random elements and orders", options.seed, 0,
                          std::numeric_limits<uint64_t>::max())});
  Append(settings, "What is shown",
         {Folder(options), Switch("restart", "Measure anew what was measured before", options.restart), Price(options),
          Positive("frames-per-second", "N", "Also say what a day of such video costs, a row a frame", "",
                   options.frames_per_second, kMostFrames),
          Switch("json", "Say the result as one JSON object", options.json)});
  return settings;
}

std::vector<Setting> TuneModelSettings(TuneModelDraft& draft) {
  std::vector<Setting> settings;
  Append(settings, "Of each model",
         {Goal(draft),
          SpaceSetting(draft, "space", "What is searched by halving, as in batch=1..32,callers=1..4",
                       "batches up to 32, callers and threads up to the processors", false),
          SpaceSetting(draft, "grid", "The same, each candidate measured in full", "", true), PrecisionSetting(draft),
          Positive("tolerance", "SHARE", "How far lower precision may be off, as a share of the largest output", "0.05",
                   draft.model.tolerance.worst, 1),
          DevicesToTry(draft), Samples(draft), Shapes(draft),
          Whole<int64_t>("rows", "N", "Rows of a request", draft.model.rows, 1, 1'000'000), Users(draft)});
  return settings;
}

Result<tune::TuneModel> Settle(TuneModelDraft draft, const std::filesystem::path& path) {
  tune::TuneModel& model = draft.model;
  model.path = path;
  if (draft.spaces.size() > 1) return InvalidArgument("space and grid: expected one of them, found both");
  if (!draft.precision.empty() && !model.space.precision.empty()) {
    return InvalidArgument("precision: expected it once, found it in '" + draft.spaces[0] + "' too");
  }
  if (!draft.devices.empty() && !model.space.device.empty()) {
    return InvalidArgument("devices: expected them once, found them in '" + draft.spaces[0] + "' too");
  }
  if (!draft.precision.empty()) model.space.precision = draft.precision;
  if (!draft.devices.empty()) model.space.device = draft.devices;
  return std::move(model);
}

std::filesystem::path UsualTuneFolder(const std::filesystem::path& path) {
  std::filesystem::path named = path.lexically_normal();
  if (!named.has_filename()) named = named.parent_path();
  std::error_code error;
  if (named == "." || named == "..") named = std::filesystem::weakly_canonical(path, error);
  const std::string stem = named.stem().string();
  return stem.empty() ? "tune" : "tune-" + stem;
}

}  // namespace trireme
