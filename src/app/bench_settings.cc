// SPDX-License-Identifier: Apache-2.0
#include "app/bench_settings.h"

#include <algorithm>
#include <charconv>
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

Setting WindowRequests(BenchOptions& options) {
  Setting setting = Whole<uint64_t>("window-requests", "N", "Requests that end a window, instead of its length",
                                    options.window_requests, 1, bench::kMaxWindowRequests);
  setting.default_text.clear();
  return setting;
}

Setting Models(BenchOptions& options) {
  return Custom("model", "NAME,...", "The model, or several at random, with weights as in a:3,b", "the only one",
                [&options](std::string_view text) -> Status {
                  auto models = bench::ParseModels(text);
                  if (!models.ok()) return models.status();
                  options.models = *std::move(models);
                  return {};
                });
}

Setting MaxModels(BenchOptions& options) {
  return Repeated(Custom("max-models", "FILE,...", "How many copies of an .onnx file fit; may repeat, for variants", "",
                         [&options](std::string_view text) -> Status {
                           while (!text.empty()) {
                             const size_t comma = std::min(text.find(','), text.size());
                             if (comma == 0) return UnexpectedText("files with commas between them", text);
                             options.capacity_models.emplace_back(text.substr(0, comma));
                             text.remove_prefix(std::min(comma + 1, text.size()));
                           }
                           return {};
                         }));
}

Setting Inputs(BenchOptions& options) {
  return Repeated(Custom("input", "FILE", "Send this instead of random elements; may repeat, to send them in turn", "",
                         [&options](std::string_view text) -> Status {
                           if (text.empty()) return UnexpectedText("FILE", text);
                           options.input_files.emplace_back(text);
                           return {};
                         }));
}

Setting Stages(BenchOptions& options) {
  return Custom("stages", "USERS@TIME[:N/s],...", "Users who wait for answers, as in 10@30s:5/s,50@1m", "",
                [&options](std::string_view text) -> Status {
                  auto stages = bench::ParseStages(text);
                  if (!stages.ok()) return stages.status();
                  options.stages = *std::move(stages);
                  return {};
                });
}

Setting Rate(BenchOptions& options) {
  return Custom(
      "rate", "N", "Requests a second, whatever becomes of them", "as answers come",
      [&options](std::string_view text) -> Status {
        double rate = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
        if (error != std::errc() || end != text.data() + text.size() || !(rate > 0) || rate > bench::kMaxRate) {
          return UnexpectedText("more than 0 and at most 1000000", text);
        }
        options.per_second = rate;
        return {};
      });
}

Setting Goal(BenchOptions& options) {
  return Custom("slo", "pNN=TIME", "Say whether this share of answers came in time, as in p99=100ms", "",
                [&options](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN(options.goal, ParseServiceGoal(text));
                  return {};
                });
}

Setting Tolerance(BenchOptions& options) {
  constexpr double kLeast = 0.5;
  constexpr double kMost = 50;
  return Custom("tolerance", "PERCENT", "How close to the rate that misses --goodput comes", "5",
                [&options](std::string_view text) -> Status {
                  double percent = 0;
                  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
                  const bool is_number = error == std::errc() && end == text.data() + text.size();
                  if (!is_number || !(percent >= kLeast && percent <= kMost)) {
                    return UnexpectedText("a number of per cent from 0.5 to 50", text);
                  }
                  options.tolerance = percent / 100;
                  return {};
                });
}

Setting Reports(std::vector<bench::ReportFile>& reports) {
  return Repeated(Custom("report", "FILE", "Write a report: .md, .csv, .json or .html; may repeat", "",
                         [&reports](std::string_view text) -> Status {
                           auto file = bench::ParseReportFile(text);
                           if (!file.ok()) {
                             return UnexpectedText("a file name that ends in .md, .csv, .json or .html", text);
                           }
                           reports.push_back(*std::move(file));
                           return {};
                         }));
}

Setting Insecure(BenchOptions& options) {
  Setting setting = Custom("insecure", "on|off", "Take any certificate of the server's", "",
                           [&options](std::string_view text) -> Status {
                             ASSIGN_OR_RETURN(const bool insecure, ParseOnOff(text));
                             options.tls.verifies = !insecure;
                             return {};
                           });
  setting.form = Setting::Form::kSwitch;
  return setting;
}

void Append(std::vector<Setting>& settings, const std::string& group, std::vector<Setting> more) {
  for (Setting& setting : more) {
    setting.group = group;
    settings.push_back(std::move(setting));
  }
}

}  // namespace

std::vector<Setting> BenchSettings(BenchOptions& options) {
  std::vector<Setting> settings;
  Append(settings, "What is asked",
         {Url(options),
          Choice<bench::Dialect>("dialect", "What is spoken with it", options.dialect,
                                 {{"kserve", bench::Dialect::kKserve},
                                  {"torchserve", bench::Dialect::kTorchserve},
                                  {"sagemaker", bench::Dialect::kSagemaker},
                                  {"tfserving", bench::Dialect::kTfserving}}),
          Models(options), Named("model-version", "N", "Its version", "the server's choice", options.version),
          Choice<bench::Form>("form", "How tensors travel over HTTP", options.form,
                              {{"binary", bench::Form::kBinary}, {"json", bench::Form::kJson}}),
          Whole<int64_t>("rows", "N", "Rows of a request", options.rows, 1, 1'000'000), InputShape(options),
          Whole<uint64_t>("seed", "N", "Of random elements, models and arrivals", options.seed, 0,
                          std::numeric_limits<uint64_t>::max()),
          Inputs(options),
          Named("content-type", "TYPE", "Of these files, unless KServe's", "what they are", options.content_type),
          Choice<bench::SharedMemory>(
              "shared-memory", "Tensors lie in memory that the server shares", options.shared_memory,
              {{"none", bench::SharedMemory::kNone}, {"system", bench::SharedMemory::kSystem}})});
  Append(settings, "How much at a time",
         {Whole("connections", "N", "Connections", options.connections, 1, bench::kMaxConnections),
          Whole("calls", "N", "Calls at a time on each connection (gRPC)", options.calls, 1, bench::kMaxCalls),
          Switch("stream", "Send the calls of a connection on one stream (gRPC)", options.stream), Rate(options),
          Choice<bench::Arrivals>("arrivals", "How requests come at a rate", options.arrivals,
                                  {{"poisson", bench::Arrivals::kPoisson}, {"constant", bench::Arrivals::kConstant}}),
          Whole<size_t>("max-waiting", "N", "Arrivals without a free connection that end the load",
                        options.most_waiting, 0, bench::kMaxWaiting),
          Stages(options), Switch("stop-on-failure", "End at the first failure", options.stops_on_failure)});
  Append(settings, "For how long",
         {Time("warm-up", "Load that is not measured", options.warm_up, milliseconds(0), kMostTime),
          Whole("windows", "N", "Measured one behind the other", options.windows, 1, bench::kMaxWindows),
          Time("window", "Length of each window", options.window, milliseconds(1), kMostTime), WindowRequests(options),
          Time("timeout", "An answer that takes longer is a failure", options.timeout, milliseconds(1), kMostTime)});
  Append(
      settings, "A goal",
      {Goal(options), Switch("goodput", "Look for the highest rate that keeps it", options.goodput), Tolerance(options),
       Time("longest-try", "A rate is tried for so long at most", options.longest_try, milliseconds(1), kMostTime)});
  Append(settings, "How many models fit",
         {MaxModels(options),
          Named("budget", "SIZE", "Memory into which they are to fit", "the server's choice", options.budget)});
  Append(settings, "Security",
         {Named("ca", "FILE", "Who signs the server's certificate, in PEM", "this machine's", options.tls.ca_file),
          Insecure(options),
          Named("client-certificate", "FILE", "Shown to the server, in PEM", "", options.tls.certificate),
          Named("client-key", "FILE", "Its key, in PEM", "", options.tls.certificate_key),
          Named("key-file", "FILE", "The API key is its first line (or in TRIREME_API_KEY)", "", options.key_file)});
  Append(settings, "What is shown",
         {ServerPid(options), Switch("json", "Say the result as one JSON object", options.json),
          Reports(options.reports)});
  return settings;
}

std::vector<Setting> CompareSettings(std::string& file, std::optional<int>& rounds, bench::CompareOptions& options) {
  std::vector<Setting> settings;
  Setting argument = Custom("file", "FILE", "Who is compared and under which loads, in YAML", "",
                            [&file](std::string_view text) -> Status {
                              if (text.empty() || !file.empty()) return UnexpectedText("one FILE", text);
                              file = text;
                              return {};
                            });
  argument.form = Setting::Form::kArguments;
  Append(settings, "What is compared",
         {std::move(argument),
          Custom("rounds", "N", "Rounds, instead of the file's", "", [&rounds](std::string_view text) {
            int count = 0;
            Status set = Whole("", "", "", count, 1, bench::kMaxCompareRounds).set(text);
            if (set.ok()) rounds = count;
            return set;
          })});
  Append(settings, "What is shown",
         {Switch("json", "Say the result as one JSON object", options.json), Reports(options.reports)});
  return settings;
}

}  // namespace trireme
