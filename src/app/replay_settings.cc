// SPDX-License-Identifier: Apache-2.0
#include "app/replay_settings.h"

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

using bench::ReplayOptions;
using std::chrono::milliseconds;

// FILE URL
Setting FileAndUrl(ReplayOptions& options) {
  Setting setting = Custom("file-and-url", "FILE URL", "A recording, and the server that it is sent to", "",
                           [&options](std::string_view text) -> Status {
                             std::string& target = options.file.empty() ? options.file : options.load.url;
                             if (text.empty() || !target.empty()) return UnexpectedText("a file and a URL", text);
                             target = text;
                             return {};
                           });
  setting.form = Setting::Form::kArguments;
  return setting;
}

Setting Models(ReplayOptions& options) {
  return Repeated(Custom("model", "NAME", "Only the requests to this model; may repeat", "",
                         [&options](std::string_view text) -> Status {
                           if (text.empty()) return UnexpectedText("a model's name", text);
                           options.models.emplace_back(text);
                           return {};
                         }));
}

Setting Speed(ReplayOptions& options) {
  return Custom("speed", "N|max", "How much faster than recorded; max: each as soon as a connection is free", "1",
                [&options](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN(options.speed, bench::ParseSpeed(text));
                  return {};
                });
}

Setting CompareWith(ReplayOptions& options) {
  return Custom("compare", "URL|recorded", "Compare outputs with another server's, or with what was recorded", "",
                [&options](std::string_view text) -> Status {
                  if (text.empty()) return UnexpectedText("a URL, or recorded", text);
                  options.compares_recorded = text == "recorded";
                  options.compare_url = options.compares_recorded ? "" : std::string(text);
                  return {};
                });
}

Setting Tolerance(ReplayOptions& options) {
  return Custom("tolerance", "N", "By which numbers may differ, or by that share of the larger one", "1e-05",
                [&options](std::string_view text) -> Status {
                  double tolerance = 0;
                  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tolerance);
                  const bool is_number = error == std::errc() && end == text.data() + text.size();
                  if (!is_number || !(tolerance >= 0) || tolerance > 1e9) {
                    return UnexpectedText("a number from 0 to 1e9", text);
                  }
                  options.tolerance = tolerance;
                  return {};
                });
}

// A text that has another default than its value now: `found`, in the help's words.
Setting Named(std::string name, std::string value, std::string help, std::string found, std::string& target) {
  Setting setting = Text(std::move(name), std::move(value), std::move(help), target);
  setting.default_text = std::move(found);
  return setting;
}

Setting Reports(ReplayOptions& options) {
  return Repeated(Custom("report", "FILE", "Write a report: .md or .json; may repeat", "",
                         [&options](std::string_view text) -> Status {
                           auto file = bench::ParseReportFile(text);
                           if (!file.ok()) return UnexpectedText("a file name that ends in .md or .json", text);
                           options.load.reports.push_back(*std::move(file));
                           return {};
                         }));
}

Setting Insecure(ReplayOptions& options) {
  Setting setting = Custom("insecure", "on|off", "Take any certificate of the server's", "",
                           [&options](std::string_view text) -> Status {
                             ASSIGN_OR_RETURN(const bool insecure, ParseOnOff(text));
                             options.load.tls.verifies = !insecure;
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

std::vector<Setting> ReplaySettings(ReplayOptions& options) {
  bench::BenchOptions& load = options.load;
  load.connections = 32;  // those who were recorded did not wait for one another
  std::vector<Setting> settings;
  Append(settings, "What is sent",
         {FileAndUrl(options), Models(options),
          Named("model-version", "N", "To this version, instead of those that were asked", "as recorded", load.version),
          Choice<bench::Form>("form", "How tensors travel over HTTP", load.form,
                              {{"binary", bench::Form::kBinary}, {"json", bench::Form::kJson}})});
  Append(settings, "When",
         {Speed(options), Whole("connections", "N", "Connections", load.connections, 1, bench::kMaxConnections),
          Whole("calls", "N", "Calls at a time on each connection (gRPC)", load.calls, 1, bench::kMaxCalls),
          Time("timeout", "An answer that takes longer is a failure", load.timeout, milliseconds(1),
               milliseconds(std::chrono::hours(24)))});
  Append(settings, "What is compared",
         {CompareWith(options),
          Named("compare-version", "N", "The other side's version", "the same", options.compare_version),
          Tolerance(options)});
  Append(
      settings, "Security",
      {Named("ca", "FILE", "Who signs the server's certificate, in PEM", "this machine's", load.tls.ca_file),
       Insecure(options), Named("client-certificate", "FILE", "Shown to the server, in PEM", "", load.tls.certificate),
       Named("client-key", "FILE", "Its key, in PEM", "", load.tls.certificate_key),
       Named("key-file", "FILE", "The API key is its first line (or in TRIREME_API_KEY)", "", load.key_file)});
  Append(settings, "What is shown", {Switch("json", "Say the result as one JSON object", load.json), Reports(options)});
  return settings;
}

}  // namespace trireme
