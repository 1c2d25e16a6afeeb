// SPDX-License-Identifier: Apache-2.0
#include "app/bench_settings.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

using bench::BenchOptions;
using std::chrono::milliseconds;

constexpr milliseconds kMostTime = std::chrono::hours(24);

Setting Url(BenchOptions& options) {
  Setting setting = Custom("url", "URL", "The server, such as http://127.0.0.1:8000", "",
                           [&options](std::string_view text) -> Status {
                             if (text.empty() || !options.url.empty()) return UnexpectedText("one URL", text);
                             options.url = text;
                             return {};
                           });
  setting.form = Setting::Form::kArguments;
  return setting;
}

Setting InputShape(BenchOptions& options) {
  Setting setting = Custom("shape", "NAME=DIM,...", "Shape of an input, as in image=1,3,224,224; may repeat", "",
                           [&options](std::string_view text) -> Status {
                             auto shape = bench::ParseInputShape(text);
                             if (!shape.ok())
                               return UnexpectedText("an input and its shape, as in image=1,3,224,224", text);
                             options.shapes.push_back(std::move(shape).value());
                             return {};
                           });
  setting.form = Setting::Form::kRepeated;
  return setting;
}

Setting ServerPid(BenchOptions& options) {
  return Custom("pid", "PID", "The server's process, to count its CPU time", "found by the port",
                [&options](std::string_view text) -> Status {
                  pid_t pid = 0;
                  RETURN_IF_ERROR(Whole<pid_t>("", "", "", pid, 1, std::numeric_limits<pid_t>::max()).set(text));
                  options.server_pid = pid;
                  return {};
                });
}

// A text that has another default than its value now: `found`, in the help's words.
Setting Named(std::string name, std::string value, std::string help, std::string found, std::string& target) {
  Setting setting = Text(std::move(name), std::move(value), std::move(help), target);
  setting.default_text = std::move(found);
  return setting;
}

}  // namespace

std::vector<Setting> BenchSettings(BenchOptions& options) {
  std::vector<Setting> settings = {
      Url(options),
      Named("model", "NAME", "The model", "the only one", options.model),
      Named("model-version", "N", "Its version", "the server's choice", options.version),
      Whole("connections", "N", "Each has one request under way at all times", options.connections, 1,
            bench::kMaxConnections),
      Choice<bench::Form>("form", "How tensors travel", options.form,
                          {{"binary", bench::Form::kBinary}, {"json", bench::Form::kJson}}),
      Whole<int64_t>("rows", "N", "Rows of a request", options.rows, 1, 1'000'000),
      InputShape(options),
      Whole<uint64_t>("seed", "N", "Of the random elements", options.seed, 0, std::numeric_limits<uint64_t>::max()),
      Named("input", "FILE", "Send this V2 request in JSON instead of random elements", "", options.input_file),
      Time("warm-up", "Load that is not measured", options.warm_up, milliseconds(0), kMostTime),
      Whole("windows", "N", "Measured one behind the other", options.windows, 1, bench::kMaxWindows),
      Time("window", "Length of each window", options.window, milliseconds(1), kMostTime),
      Time("timeout", "An answer that takes longer is a failure", options.timeout, milliseconds(1), kMostTime),
      ServerPid(options),
      Switch("json", "Say the result as one JSON object", options.json),
  };
  for (Setting& setting : settings) setting.group = "Options";
  return settings;
}

}  // namespace trireme
