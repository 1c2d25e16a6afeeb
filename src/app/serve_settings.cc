// SPDX-License-Identifier: Apache-2.0
#include "app/serve_settings.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr milliseconds kLeastTime{1};
constexpr milliseconds kMostTime = hours(24);

std::vector<Setting> WhatIsServed(ServeOptions& options) {
  Setting paths = Custom("paths", "PATH", "An .onnx file, a folder of them, a Triton repository or one model of it", "",
                         [&options](std::string_view text) -> Status {
                           if (text.empty()) return UnexpectedText("a file or folder", text);
                           options.paths.emplace_back(text);
                           return {};
                         });
  paths.form = Setting::Form::kArguments;
  std::vector<Setting> settings;
  settings.push_back(std::move(paths));
  return settings;
}

std::vector<Setting> Listening(ServeOptions& options) {
  ServeLimits& limits = options.limits;
  return {
      Text("host", "ADDRESS", "Address to listen on", options.host),
      Whole<uint16_t>("http-port", "PORT", "Port of the inference protocols; 0: any free one", options.http_port, 0,
                      65535),
      Whole<uint16_t>("metrics-port", "PORT", "Port of the metrics; 0: any free one", options.metrics_port, 0, 65535),
      Switch("allow-exposure", "Listen where other machines can connect, though no key is asked for",
             options.allow_exposure),
      Whole("loops", "N", "Threads that read and write connections", options.loops, 1, 256),
      Whole<size_t>("max-connections", "N", "Open connections; one more is refused", limits.max_connections, 1,
                    1'000'000),
      Bytes("max-body", "Largest body of a request", limits.max_body_bytes, 1),
      Bytes("max-body-in-flight", "Bodies of all requests that are not answered yet", limits.max_body_bytes_in_flight,
            1),
      Time("head-timeout", "For a request's line and headers", limits.head_timeout, kLeastTime, kMostTime),
      Time("idle-timeout", "For a connection between requests", limits.idle_timeout, kLeastTime, kMostTime),
      Time("stall-timeout", "For a body or an answer that makes no progress", limits.stall_timeout, kLeastTime,
           kMostTime),
  };
}

std::vector<Setting> Running(ServeOptions& options) {
  ModelConfig& model = options.model;
  return {
      Whole("instances", "N", "Callers that run a model at the same time; 0: find out", model.instances, 0, 1024),
      Whole("threads", "N", "Threads of one run; 0: find out", model.threads, 0, 1024),
      Whole<int64_t>("max-batch", "ROWS", "Most rows in one run; 1: no batching, 0: find out", model.max_rows, 0,
                     1 << 20),
      Time("max-delay", "That a request may wait for company in its batch", model.max_delay,
           std::chrono::microseconds(0), std::chrono::microseconds(minutes(1))),
      Whole<size_t>("max-waiting-requests", "N", "Requests in a model's line; one more is refused",
                    model.max_waiting_requests, 1, 1'000'000),
      Bytes("max-waiting-bytes", "Bytes of the requests in a model's line", model.max_waiting_bytes, 1),
      OnOff("run-inline", "Run a cheap idle model on the thread that read its request", model.run_inline),
      Whole("load-threads", "N", "Models that load at the same time", options.load_threads, 1, 64),
      OnOff("exit-on-error", "End if no model at all can be served", options.exit_on_error),
      Time("drain-delay", "To go on serving, but not ready, when the server is told to stop", options.drain_delay,
           milliseconds(0), kMostTime),
      Time("drain-timeout", "For requests in progress when the server is told to stop", options.drain_timeout,
           milliseconds(0), kMostTime),
  };
}

Setting AccessLogSetting(AccessLog& access_log) {
  return Custom("access-log", "off|-|FILE", "A line for every request; -: with the log", "off",
                [&access_log](std::string_view text) -> Status {
                  if (text.empty()) return UnexpectedText("off, - or a file", text);
                  access_log = {};
                  if (text == "off" || text == "false") return {};
                  access_log.target = text == "-" ? AccessLog::Target::kStderr : AccessLog::Target::kFile;
                  if (access_log.target == AccessLog::Target::kFile) access_log.file = text;
                  return {};
                });
}

std::vector<Setting> Logging(ServeOptions& options) {
  return {
      Choice<LogLevel>("log-level", "The least that is logged", options.log_level,
                       {{"debug", LogLevel::kDebug},
                        {"info", LogLevel::kInfo},
                        {"warning", LogLevel::kWarning},
                        {"error", LogLevel::kError}}),
      Choice<LogForm>("log-form", "auto: text on a terminal, else JSON", options.log_form,
                      {{"auto", LogForm::kAuto}, {"text", LogForm::kText}, {"json", LogForm::kJson}}),
      AccessLogSetting(options.access_log),
  };
}

void Append(std::vector<Setting>& settings, const std::string& group, std::vector<Setting> more) {
  for (Setting& setting : more) {
    setting.group = group;
    settings.push_back(std::move(setting));
  }
}

// "localhost" is one by RFC 6761; other names may lead anywhere.
bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

}  // namespace

std::vector<Setting> ServeSettings(ServeOptions& options) {
  std::vector<Setting> settings;
  Append(settings, "What is served", WhatIsServed(options));
  Append(settings, "Listening", Listening(options));
  Append(settings, "Running models", Running(options));
  Append(settings, "Logging", Logging(options));
  return settings;
}

Status CheckServeOptions(const ServeOptions& options) {
  if (options.paths.empty())
    return InvalidArgument("nothing to serve: expected a PATH, as in 'trireme serve model.onnx'");
  if (!options.allow_exposure && !IsLoopback(options.host)) {
    return InvalidArgument("host '" + options.host +
                           "' can be reached from other machines, and no key is asked for: expected a loopback address "
                           "such as 127.0.0.1, or --allow-exposure");
  }
  if (options.http_port != 0 && options.http_port == options.metrics_port) {
    return InvalidArgument("http-port and metrics-port: expected two ports, found " +
                           std::to_string(options.http_port) + " for both");
  }
  return {};
}

}  // namespace trireme
