// SPDX-License-Identifier: Apache-2.0
#include "app/serve_settings.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "app/protection_settings.h"
#include "app/recording_settings.h"
#include "app/sagemaker_settings.h"
#include "app/setting_kinds.h"
#include "app/tenant_settings.h"
#include "app/tfserving_settings.h"
#include "app/torchserve_settings.h"
#include "app/tracing_settings.h"
#include "app/triton_settings.h"

namespace trireme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr milliseconds kLeastTime{1};
constexpr milliseconds kMostTime = hours(24);

// "a,b", or one a time.
Setting RequiredModels(std::vector<std::string>& required) {
  return Repeated(Custom("required-models", "NAME,...", "Not ready until each of these serves; may repeat", "",
                         [&required](std::string_view text) -> Status {
                           for (std::string_view rest = text;;) {
                             const size_t comma = rest.find(',');
                             if (rest.substr(0, comma).empty()) return UnexpectedText("names of models", text);
                             required.emplace_back(rest.substr(0, comma));
                             if (comma == std::string_view::npos) return {};
                             rest.remove_prefix(comma + 1);
                           }
                         }));
}

Setting ControlSetting(ServeOptions& options) {
  Setting setting =
      Choice<ModelControl::Mode>("model-control-mode",
                                 "Which models are served: those that lie there as they come, change and go (watch, "
                                 "poll), those that lie there at the start (none), those asked for by name (explicit)",
                                 options.control,
                                 {{"watch", ModelControl::Mode::kWatch},
                                  {"poll", ModelControl::Mode::kWatch},
                                  {"none", ModelControl::Mode::kNone},
                                  {"explicit", ModelControl::Mode::kExplicit}});
  setting.set = [&options, choose = setting.set](std::string_view text) -> Status {
    RETURN_IF_ERROR(choose(text));
    options.said_control = text;
    return {};
  };
  return setting;
}

std::vector<Setting> WhatIsServed(ServeOptions& options) {
  Setting paths = Custom("paths", "PATH", "An .onnx file, a folder of them, a Triton repository or one model of it", "",
                         [&options](std::string_view text) -> Status {
                           if (text.empty()) return UnexpectedText("a file or folder", text);
                           options.paths.emplace_back(text);
                           return {};
                         });
  paths.form = Setting::Form::kArguments;
  Setting repository = paths;
  repository.name = "model-repository";
  repository.form = Setting::Form::kRepeated;
  repository.help = "The same, as Triton has it; may repeat";
  Setting load =
      Repeated(Custom("load-model", "NAME", "In mode explicit: load this model at the start, *: all; may repeat", "",
                      [&options](std::string_view text) -> Status {
                        if (text.empty()) return UnexpectedText("the name of a model, or *", text);
                        options.load_models.emplace_back(text);
                        return {};
                      }));
  return {
      std::move(paths),
      Also(std::move(repository), {"model-store"}),
      ControlSetting(options),
      Seconds("repository-poll-secs", "How often a repository is looked at where changes cannot be watched",
              options.poll_interval, milliseconds(10), kMostTime),
      std::move(load),
      RequiredModels(options.required_models),
      Text("model-config-name", "NAME", "Read a model's configs/NAME.pbtxt where there is one", options.config_name),
      Switch("require-manifest", "Serve only versions whose folder has a manifest, SHA256SUMS",
             options.require_manifest),
  };
}

std::vector<Setting> Listening(ServeOptions& options) {
  ServeLimits& limits = options.limits;
  return {
      DialectsSetting(options),
      Also(Text("http-address", "ADDRESS", "Address to listen on", options.host), {"host"}),
      Whole<uint16_t>("http-port", "PORT", "Port of the inference protocols; 0: any free one", options.http_port, 0,
                      65535),
      OnOff("allow-http", "Listen there, and serve REST", options.allow_http),
      Text("grpc-address", "ADDRESS", "Address of gRPC's port, if another one", options.grpc_host),
      Whole<uint16_t>("grpc-port", "PORT", "Port where gRPC's clients look; each serves all protocols; 0: any free one",
                      options.grpc_port, 0, 65535),
      OnOff("allow-grpc", "Listen there, and serve gRPC", options.allow_grpc),
      Text("id", "NAME", "What the server calls itself in its metadata", options.server_name),
      Text("metrics-address", "ADDRESS", "Address of the metrics' port, if another one", options.metrics_host),
      Whole<uint16_t>("metrics-port", "PORT", "Port of the metrics; 0: any free one", options.metrics_port, 0, 65535),
      OnOff("allow-metrics", "Show metrics, there and on the other port", options.allow_metrics),
      Also(Whole("http-thread-count", "N", "Threads that read and write connections", options.loops, 1, 256),
           {"loops"}),
      Whole<size_t>("max-connections", "N",
                    "Open connections, those to metrics and admin socket aside; one more is refused",
                    limits.max_connections, 1, 1'000'000),
      Also(Bytes("http-max-input-size", "Largest body of a request", limits.max_body_bytes, 1), {"max-body"}),
      Bytes("max-body-in-flight", "Bodies of all requests that are not answered yet", limits.max_body_bytes_in_flight,
            1),
      Bytes("max-picture-memory", "What pictures of all requests take while they are decoded and wait for their models",
            limits.max_picture_bytes, 1),
      Time("head-timeout", "For a request's line and headers", limits.head_timeout, kLeastTime, kMostTime),
      Time("idle-timeout", "For a connection between requests", limits.idle_timeout, kLeastTime, kMostTime),
      Time("stall-timeout", "For a body or an answer that makes no progress", limits.stall_timeout, kLeastTime,
           kMostTime),
  };
}

// "p99=100ms" is that of all models that say nothing, "resnet:p99=50ms" that of one, whatever it says, and
// "resnet:none" says that it has none.
Setting GoalSetting(ServeOptions& options) {
  return Repeated(Custom(
      "slo", "[MODEL:]p99=TIME", "Goal of a model's answers; requests that would miss it are refused; may repeat", "",
      [&options](std::string_view text) -> Status {
        const size_t colon = text.rfind(':');
        const bool is_of_one = colon != std::string_view::npos;
        const std::string_view said = is_of_one ? text.substr(colon + 1) : text;
        std::optional<ServiceGoal> goal;
        if (!is_of_one || said != "none") {
          ASSIGN_OR_RETURN(goal, ParseServiceGoal(said));
        }
        if (!is_of_one) {
          if (options.model.goal) {
            return InvalidArgument("expected one for all models, found another one, '" + ToString(*goal) + "'");
          }
          options.model.goal = goal;
          return {};
        }
        const std::string name(text.substr(0, colon));
        if (name.empty()) return UnexpectedText("the name of a model before ':'", text);
        if (options.goals.emplace(name, goal).second) return {};
        return InvalidArgument("expected one for each model, found another one for '" + name + "'");
      }));
}

std::vector<Setting> Running(ServeOptions& options) {
  ModelConfig& model = options.model;
  return {
      GoalSetting(options),
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
      Also(Whole("model-load-thread-count", "N", "Models that load at the same time", options.load_threads, 1, 64),
           {"load-threads"}),
      OnOff("exit-on-error", "End if no model at all can be served", options.exit_on_error),
      Time("drain-delay", "To go on serving, but not ready, when the server is told to stop", options.drain_delay,
           milliseconds(0), kMostTime),
      Also(Seconds("exit-timeout-secs", "For requests in progress when the server is told to stop",
                   options.drain_timeout, milliseconds(0), kMostTime),
           {"drain-timeout"}),
  };
}

// "8GiB" is the cpu's, "cuda:0=20GiB" that of another device.
Setting BudgetSetting(std::map<std::string, uint64_t>& budgets) {
  return Repeated(Custom(
      "budget", "[DEVICE=]SIZE", "Memory that models may have; 'none': no bound",
      "80 % of what the process may have, 90 % of what is free on a GPU", [&budgets](std::string_view text) -> Status {
        const size_t equals = text.find('=');
        const std::string_view name = equals == text.npos ? "cpu" : text.substr(0, equals);
        const std::string_view size = equals == text.npos ? text : text.substr(equals + 1);
        const Result<Device> device = Device::Parse(name);
        if (!device.ok()) return device.status();
        uint64_t bytes = 0;
        if (size != "none") {
          ASSIGN_OR_RETURN(bytes, ParseBytes(size));
          if (bytes == 0) return UnexpectedText("a size above 0, or 'none'", size);
        }
        if (budgets.emplace(device->ToString(), bytes).second) return {};
        return InvalidArgument("expected one for each device, found another one for " + device->ToString());
      }));
}

// "cpu, cuda:1", or one a time.
Setting DevicesSetting(std::vector<Device>& devices) {
  return Repeated(Custom("devices", "LIST", "Devices that models may run on, as cpu,cuda:0 or MIG-<uuid>",
                         "all there are", [&devices](std::string_view text) -> Status {
                           for (const std::string_view name : SplitDeviceNames(text)) {
                             ASSIGN_OR_RETURN(const Device device, Device::Parse(name));
                             devices.push_back(device);
                           }
                           return {};
                         }));
}

Setting PinSetting(std::vector<std::string>& pinned) {
  return Repeated(
      Custom("pin", "MODEL", "Stays in memory, whoever else wants it", "", [&pinned](std::string_view text) -> Status {
        if (text.empty()) return UnexpectedText("a model's name", text);
        pinned.emplace_back(text);
        return {};
      }));
}

std::vector<Setting> Memory(std::vector<Device>& devices, MemoryFlags& memory, size_t& cache_bytes) {
  return {
      DevicesSetting(devices),
      BudgetSetting(memory.budgets),
      OnOff("load-on-demand", "A request loads its model; idle ones make room", memory.load_on_demand,
            "on, unless models are loaded by name"),
      Switch("lazy", "Load nothing before it is asked for", memory.lazy),
      PinSetting(memory.pinned),
      Time("model-idle-timeout", "A model that nobody asked for so long leaves memory; 0: none does",
           memory.idle_timeout, milliseconds(0), milliseconds(minutes(60 * 24 * 7))),
      Bytes("cache", "Answers that each model keeps for requests that come again; 0: none", cache_bytes, 0),
      Time("load-timeout", "A load that takes longer has failed; 0: none does", memory.load_timeout, milliseconds(0),
           milliseconds(minutes(60 * 24))),
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

Setting LogFile(LogOptions& log) {
  return Custom("log-file", "FILE", "Append the log to a file", "stderr", [&log](std::string_view text) -> Status {
    if (text.empty()) return UnexpectedText("a file", text);
    log.file = text;
    return {};
  });
}

Setting LogVerbose(LogOptions& log) {
  return Custom("log-verbose", "N", "Above 0: log what helps to find faults", "by the level",
                [&log](std::string_view text) -> Status {
                  int level = 0;
                  const Result<bool> on = ParseOnOff(text);
                  if (on.ok()) {
                    level = *on ? 1 : 0;
                  } else {
                    RETURN_IF_ERROR(Whole<int>("", "", "", level, 0, 1000).set(text));
                  }
                  log.verbose = level;
                  return {};
                });
}

std::vector<Setting> Logging(ServeOptions& options) {
  LogOptions& log = options.log;
  return {
      Choice<LogLevel>("log-level", "The least that is logged", log.level,
                       {{"debug", LogLevel::kDebug},
                        {"info", LogLevel::kInfo},
                        {"warning", LogLevel::kWarning},
                        {"error", LogLevel::kError}}),
      OnOff("log-info", "Log this kind of message, whatever the level", log.info, "by the level"),
      OnOff("log-warning", "The same", log.warning, "by the level"),
      OnOff("log-error", "The same", log.error, "by the level"),
      LogVerbose(log),
      Also(Choice<LogForm>("log-format", "auto: text on a terminal, else JSON; Triton's forms are text", log.form,
                           {{"auto", LogForm::kAuto},
                            {"text", LogForm::kText},
                            {"json", LogForm::kJson},
                            {"default", LogForm::kText},
                            {"ISO8601", LogForm::kText}}),
           {"log-form"}),
      LogFile(log),
      AccessLogSetting(options.access_log),
      OnOff("server-timing", "Answers to inference say in Server-Timing where their time went", options.server_timing),
  };
}

void Append(std::vector<Setting>& settings, const std::string& group, std::vector<Setting> more) {
  for (Setting& setting : more) {
    setting.group = group;
    settings.push_back(std::move(setting));
  }
}

Setting CompressionLevel(bool& is_on) {
  return Custom("grpc-infer-response-compression-level", "none|low|medium|high",
                "Compress gRPC's answers, if the client takes it; how much is the same for all but none", "none",
                [&is_on](std::string_view text) -> Status {
                  if (text != "none" && text != "low" && text != "medium" && text != "high") {
                    return UnexpectedText("none, low, medium or high", text);
                  }
                  is_on = text != "none";
                  return {};
                });
}

// A whole number is of milliseconds, as Triton has it.
Setting Milliseconds(std::string name, std::string help, milliseconds& target, milliseconds least) {
  constexpr milliseconds kMost{std::numeric_limits<int32_t>::max()};  // which is how people say never
  Setting setting = Time(std::move(name), std::move(help), target, least, kMost, ParseMilliseconds);
  setting.value = "MS";
  return setting;
}

std::vector<Setting> Http2(ServeOptions& options) {
  net::Http2Limits& limits = options.http2;
  return {
      Whole<uint32_t>("http2-max-streams", "N", "Calls at a time on one connection; one more waits",
                      limits.max_concurrent_streams, 1, 100'000),
      Milliseconds("grpc-keepalive-time", "Silence after which a client is pinged", limits.keepalive_time, kLeastTime),
      Milliseconds("grpc-keepalive-timeout", "That its answer may take", limits.keepalive_timeout, kLeastTime),
      Milliseconds("grpc-max-connection-age", "After which a client is asked to connect anew; 0: never",
                   limits.max_connection_age, milliseconds(0)),
      Milliseconds("grpc-max-connection-age-grace", "For its calls to end then; 0: as long as they take",
                   limits.max_connection_age_grace, milliseconds(0)),
      CompressionLevel(options.grpc_compression),
  };
}

Status CheckListeners(const ServeOptions& options) {
  const bool is_asked_elsewhere =
      options.sagemaker.allow || options.torchserve.listeners.allow || options.tfserving.listeners.allow;
  if (!options.allow_http && !options.allow_grpc && !is_asked_elsewhere) {
    if (!options.unix_socket.empty()) {
      return InvalidArgument("unix-socket: expected --allow-http or --allow-grpc beside it, found both off");
    }
    if (!options.allow_metrics) {
      return InvalidArgument("allow-http, allow-grpc and allow-metrics: expected one of them on, found all off");
    }
  }
  return {};
}

}  // namespace

std::vector<Setting> ServeSettings(ServeOptions& options) {
  std::vector<Setting> settings;
  Append(settings, "What is served", WhatIsServed(options));
  Append(settings, "Listening", Listening(options));
  Append(settings, "HTTP/2 and gRPC", Http2(options));
  Append(settings, "SageMaker", SagemakerSettings(options.sagemaker));
  Append(settings, "TorchServe", TorchserveSettings(options.torchserve));
  Append(settings, "TF Serving", TfservingSettings(options.tfserving));
  Append(settings, "Protection", ProtectionSettings(options));
  Append(settings, "Tenants", TenantSettings(options.tenant_header, options.quotas));
  Append(settings, "Running models", Running(options));
  Append(settings, "Memory", Memory(options.devices, options.memory, options.model.cache_bytes));
  Append(settings, "Tracing", TracingSettings(options.tracing, options.without_effect));
  Append(settings, "Recording", RecordingSettings(options.record));
  Append(settings, "Logging", Logging(options));
  Append(settings, "", TorchserveCommandSettings(options.torchserve));
  Append(settings, "", ModelServerSettings(options.tfserving, options.without_effect));
  Append(settings, "", TritonTlsSettings(options.grpc_tls));
  Append(settings, "", TritonCacheSettings(options.cache_max_bytes));
  Append(settings, "", TritonSettings(options.without_effect));
  return settings;
}

Status CheckServeOptions(const ServeOptions& options) {
  const bool loads_by_url = options.sagemaker.allow && options.control == ModelControl::Mode::kExplicit;
  if (options.paths.empty() && !loads_by_url && !options.tfserving.models)
    return InvalidArgument("nothing to serve: expected a PATH, as in 'trireme serve model.onnx'");
  if (!options.load_models.empty() && options.control != ModelControl::Mode::kExplicit) {
    return InvalidArgument("load-model: expected --model-control-mode explicit beside it");
  }
  if (options.memory.lazy &&
      !options.memory.load_on_demand.value_or(options.control != ModelControl::Mode::kExplicit)) {
    return InvalidArgument(
        "lazy: expected --load-on-demand on beside it, or nothing would ever be loaded; found it off");
  }
  RETURN_IF_ERROR(CheckRecording(options.record));
  RETURN_IF_ERROR(CheckListeners(options));
  RETURN_IF_ERROR(CheckSagemaker(options));
  RETURN_IF_ERROR(CheckTorchserve(options));
  RETURN_IF_ERROR(CheckTfserving(options));
  RETURN_IF_ERROR(CheckTenants(options.tenant_header, options.quotas, /*has_keys=*/!options.keys.empty()));
  return CheckProtection(options);
}

}  // namespace trireme
