// SPDX-License-Identifier: Apache-2.0
#include "app/serve_command.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "app/devices.h"
#include "app/memory_shortage.h"
#include "app/plugin_folder.h"
#include "app/protection_settings.h"
#include "app/recording_settings.h"
#include "app/sagemaker_platform.h"
#include "app/tfserving_config_watch.h"
#include "app/tfserving_settings.h"
#include "app/torchserve_settings.h"
#include "app/tracing_settings.h"
#include "base/memory_limit.h"
#include "base/out_of_memory.h"
#include "server/example_request.h"
#include "server/server.h"
#include "server/tfserving_services.h"

namespace trireme {
namespace {

Logger::Form FormFor(LogForm form, int fd) {
  if (form == LogForm::kText) return Logger::Form::kText;
  if (form == LogForm::kJson) return Logger::Form::kJson;
  return isatty(fd) != 0 ? Logger::Form::kText : Logger::Form::kJson;
}

// A connection is a file descriptor, and so is each model file that is being read. Many systems allow a process more
// than it is given at first. Returns how many there are.
uint64_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

// Clients must not take the descriptors that models, logs and the repositories need.
constexpr uint64_t kOwnDescriptors = 128;

size_t ConnectionsWithin(uint64_t descriptors, size_t wanted) {
  const uint64_t left = descriptors > 2 * kOwnDescriptors ? descriptors - kOwnDescriptors : descriptors / 2;
  return static_cast<size_t>(std::min<uint64_t>(wanted, std::max<uint64_t>(left, 1)));
}

// Nor must those who share memory take those of the others: a region has one.
size_t RegionsWithin(uint64_t descriptors, const SharedMemoryRegions::Options& wanted) {
  return wanted.enabled ? static_cast<size_t>(std::min<uint64_t>(wanted.max_regions, descriptors / 4)) : 0;
}

void LimitToDescriptors(uint64_t descriptors, Logger& log, ServerOptions& options) {
  const size_t regions = RegionsWithin(descriptors, options.shared_memory);
  options.shared_memory.max_regions = regions;
  size_t& connections = options.net.limits.max_connections;
  const size_t most = ConnectionsWithin(descriptors - regions, connections);
  if (most >= connections) return;
  log.Warning("fewer connections than --max-connections: the process may not open more files (ulimit -Hn)",
              {{"max_connections", connections}, {"instead", most}});
  connections = most;
}

constexpr int kNoAccessLog = -1;
constexpr int kCannotOpen = -2;

int OpenLogFile(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  return fd >= 0 ? fd : kCannotOpen;
}

// `-` is where the log goes.
int OpenAccessLog(const AccessLog& access_log, int log_fd) {
  if (access_log.target == AccessLog::Target::kOff) return kNoAccessLog;
  return access_log.target == AccessLog::Target::kStderr ? log_fd : OpenLogFile(access_log.file);
}

void SetProtection(ServerOptions& server, const ServeOptions& options) {
  server.unix_socket = options.unix_socket;
  server.unix_socket_mode = options.unix_socket_mode;
  server.admin_socket = options.admin_socket;
  server.tls = TlsOf(options);
  server.grpc_tls = GrpcTlsOf(options);
  server.keys = options.keys;
  server.tenant_header = options.tenant_header;
  server.quotas = options.quotas;
  server.shared_memory.enabled = options.allow_client_shm;
}

// The rest is for what is no model, and for what a load takes more than what it leaves.
uint64_t DefaultBudget() {
  return AvailableMemory() / 5 * 4;
}

// Who wants none but the cpu does without the driver.
Result<std::vector<FoundDevice>> DevicesFor(const ServeOptions& options, const Logger& log) {
  const bool cpu_alone = !options.devices.empty() && std::ranges::all_of(options.devices, [](const Device& device) {
    return device.kind == DeviceKind::kCpu;
  });
  if (cpu_alone) return ChooseDevices({FoundDevice()}, options.devices);
  const FoundDevices found = FindDevices();
  for (const std::string& problem : found.problems) log.Warning(problem);
  return ChooseDevices(found.devices, options.devices);
}

// What models may run on, and how much of it they may have. What is wrong with it is the user's.
Status SetDevices(ServerOptions& server, const ServeOptions& options, const Logger& log) {
  ASSIGN_OR_RETURN(const std::vector<FoundDevice> devices, DevicesFor(options, log));
  ASSIGN_OR_RETURN(server.memory.budgets, DeviceBudgets(devices, options.memory.budgets));
  server.memory.devices.clear();
  for (const FoundDevice& device : devices) {
    server.memory.devices.push_back(device.device);
    if (device.device.kind == DeviceKind::kCpu) continue;
    log.Info("GPU", {{"device", device.device.ToString()},
                     {"name", device.name},
                     {"free_bytes", device.free_bytes},
                     {"budget_bytes", server.memory.budgets.at(device.device.ToString())}});
  }
  return {};
}

void SetMemory(ServerOptions& server, const ServeOptions& options) {
  MemoryRules& rules = server.memory;
  if (const uint64_t budget = DefaultBudget(); budget > 0) rules.budgets.emplace("cpu", budget);
  std::erase_if(rules.budgets, [](const auto& budget) { return budget.second == 0; });
  // Bodies of requests are in it too, and their pictures; a part of it is left to models.
  net::HttpLimits& limits = server.net.limits;
  if (const auto cpu = rules.budgets.find("cpu"); cpu != rules.budgets.end()) {
    limits.max_body_bytes_in_flight = std::min(limits.max_body_bytes_in_flight, std::max<uint64_t>(cpu->second / 2, 1));
    server.max_picture_bytes = std::min(server.max_picture_bytes, std::max<uint64_t>(cpu->second / 4, 1));
    server.answers.max_bytes = std::max<uint64_t>(cpu->second / 4, 1);
  }
  limits.max_body_bytes = std::min(limits.max_body_bytes, limits.max_body_bytes_in_flight);
  if (options.cache_max_bytes) {
    server.answers.are_kept = *options.cache_max_bytes > 0;
    server.answers.max_bytes = *options.cache_max_bytes;
    server.answers.enabled_bytes = static_cast<size_t>(*options.cache_max_bytes);
  }
  rules.on_demand = options.memory.load_on_demand.value_or(options.control != ModelControl::Mode::kExplicit);
  rules.lazy = options.memory.lazy;
  rules.idle_timeout = options.memory.idle_timeout;
  rules.pinned = {options.memory.pinned.begin(), options.memory.pinned.end()};
  server.load_timeout = options.memory.load_timeout;
}

// On the platform everything is for one model, which must be known before anybody asks.
Status SetSagemaker(ServerOptions& server, const ServeOptions& options) {
  using sagemaker::PingMode;
  const SagemakerFlags& flags = options.sagemaker;
  const bool loads_by_name = options.control == ModelControl::Mode::kExplicit;
  server.allow_sagemaker = flags.allow;
  server.sagemaker_host = flags.host.empty() ? options.host : flags.host;
  server.sagemaker_port = flags.port;
  server.sagemaker = flags.dialect;
  server.sagemaker.ping_mode = flags.ping_mode.value_or(loads_by_name ? PingMode::kLive : PingMode::kReady);
  if (!flags.on_platform || loads_by_name) return {};
  ASSIGN_OR_RETURN(server.sagemaker.default_model, ChooseDefaultModel(options.paths, flags.dialect.default_model));
  return {};
}

Result<ServerOptions> ToServerOptions(const ServeOptions& options, int access_log_fd) {
  ServerOptions server;
  // The model store is no repository where models are registered: what lies there has a name then.
  server.paths = RepositoriesOf(options);
  server.model = options.model;
  server.goals = options.goals;
  server.saved_model_tags = options.tfserving.saved_model_tags;
  server.plugin_folder = PluginFolder();
  server.server_name = options.server_name;
  server.server_timing = options.server_timing;
  server.control = options.control;
  server.poll_interval = options.poll_interval;
  server.load_models = options.load_models;
  server.required_models = options.required_models;
  server.config_name = options.config_name;
  server.require_manifest = options.require_manifest;
  server.host = options.host;
  server.metrics_host = options.metrics_host.empty() ? options.host : options.metrics_host;
  server.grpc_host = options.grpc_host.empty() ? options.host : options.grpc_host;
  server.allow_http = options.allow_http;
  server.allow_grpc = options.allow_grpc;
  server.allow_metrics = options.allow_metrics;
  server.http_port = options.http_port;
  server.grpc_port = options.grpc_port;
  server.metrics_port = options.metrics_port;
  server.net.loops = options.loops;
  server.net.limits.max_body_bytes = options.limits.max_body_bytes;
  server.net.limits.max_body_bytes_in_flight = options.limits.max_body_bytes_in_flight;
  server.max_picture_bytes = options.limits.max_picture_bytes;
  server.net.limits.max_connections = options.limits.max_connections;
  server.net.limits.head_timeout = options.limits.head_timeout;
  server.net.limits.idle_timeout = options.limits.idle_timeout;
  server.net.limits.stall_timeout = options.limits.stall_timeout;
  server.net.http2 = options.http2;
  server.net.grpc_compression = options.grpc_compression;
  SetProtection(server, options);
  RETURN_IF_ERROR(SetSagemaker(server, options));
  server.torchserve = TorchserveListenersOf(options);
  server.tfserving = TfservingListenersOf(options);
  if (options.tfserving.models) server.named = NamedModelsOf(*options.tfserving.models);
  ASSIGN_OR_RETURN(server.tracing, TracerOptionsOf(options.tracing));
  server.recording = RecorderOptionsOf(options.record);
  server.load_threads = options.load_threads;
  server.access_log_fd = access_log_fd;
  server.access_log_form = FormFor(options.log.form, access_log_fd);
  return server;
}

std::string Url(const std::string& host, uint16_t port, const std::optional<net::TlsOptions>& tls) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (tls ? "https://" : "http://") + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

// Where a running server can be reached; empty: not at all.
struct Urls {
  std::string http;
  std::string grpc;
  std::string metrics;
  std::string sagemaker;
  std::string torchserve;
  std::string torchserve_management;
  std::string torchserve_metrics;
  std::string torchserve_grpc;
  std::string torchserve_grpc_management;
  std::string tfserving;
  std::string tfserving_grpc;
  std::string unix_socket;
};

Urls UrlsOf(const ServerOptions& options, const ServerPorts& ports) {
  Urls urls;
  if (ports.http != 0) urls.http = Url(options.host, ports.http, options.tls);
  if (ports.grpc != 0)
    urls.grpc = Url(options.grpc_host, ports.grpc, options.grpc_tls ? options.grpc_tls : options.tls);
  if (ports.metrics != 0) urls.metrics = Url(options.metrics_host, ports.metrics, options.tls);
  if (ports.sagemaker != 0) urls.sagemaker = Url(options.sagemaker_host, ports.sagemaker, options.tls);
  const TorchserveListeners& torchserve = options.torchserve;
  const auto url = [&](const std::string& host, uint16_t port) {
    return port == 0 ? std::string() : Url(host, port, options.tls);
  };
  urls.torchserve = url(torchserve.host, ports.torchserve);
  urls.torchserve_management = url(torchserve.management_host, ports.torchserve_management);
  urls.torchserve_metrics = url(torchserve.metrics_host, ports.torchserve_metrics);
  urls.torchserve_grpc = url(torchserve.grpc_host, ports.torchserve_grpc);
  urls.torchserve_grpc_management = url(torchserve.grpc_management_host, ports.torchserve_grpc_management);
  urls.tfserving = url(options.tfserving.host, ports.tfserving);
  urls.tfserving_grpc = url(options.tfserving.grpc_host, ports.tfserving_grpc);
  urls.unix_socket = options.unix_socket.string();
  return urls;
}

// What it serves besides REST's port, and where: "gRPC on http://127.0.0.1:8001, metrics on ...".
std::string Also(const Urls& urls) {
  std::string text;
  const auto add = [&](std::string_view what, const std::string& where) {
    if (!where.empty()) text.append(text.empty() ? "" : ", ").append(what).append(" ").append(where);
  };
  add("gRPC on", urls.grpc);
  add("metrics on", urls.metrics.empty() ? urls.metrics : urls.metrics + "/metrics");
  add("SageMaker on", urls.sagemaker);
  add("TorchServe on", urls.torchserve);
  add("its management on", urls.torchserve_management);
  add("its metrics on", urls.torchserve_metrics.empty() ? "" : urls.torchserve_metrics + "/metrics");
  add("its gRPC on", urls.torchserve_grpc);
  add("and", urls.torchserve_grpc_management);
  add("TF Serving on", urls.tfserving);
  add(urls.tfserving.empty() ? "TF Serving's gRPC on" : "its gRPC on", urls.tfserving_grpc);
  add("a Unix socket at", urls.unix_socket);
  return text;
}

// What the example lacks, because only the person who tries it has it.
std::string WhatToAdd(const ServeOptions& options) {
  std::string text;
  if (!options.keys.empty()) text += " with -H 'Authorization: Bearer KEY'";
  if (!options.tls.certificate.empty()) text += text.empty() ? " with --cacert FILE" : " and --cacert FILE";
  if (!options.tls.client_ca.empty()) text += ", --cert FILE and --key FILE";
  return text;
}

// What an example asks: a model that gives one response to a request, for which `infer` is there.
std::optional<ExampleModel> FirstExample(const Engine& engine, const std::vector<ModelStatus>& models) {
  for (const ModelStatus& model : models) {
    if (model.state != ModelState::kReady) continue;
    const Result<ModelDescription> found = engine.Describe(model.id.name, std::nullopt);
    if (!found.ok() || found->config.decoupled) continue;
    return ExampleModel{.name = found->name, .version = {}, .signature = found->signature, .free_dim = found->free_dim};
  }
  return std::nullopt;
}

// What a person wants to see first: what is served where, and something to try.
void Welcome(const ServeOptions& options, const Urls& urls, const Engine& engine) {
  const std::string more = Also(urls);
  std::cout << "Trireme serves "
            << (urls.http.empty() ? more : "on " + urls.http + (more.empty() ? "" : " (" + more + ")")) << "\n";
  const std::vector<ModelStatus> models = engine.Index();
  for (const ModelStatus& model : models) {
    std::cout << "  " << PlainText(model.id.name);
    if (model.id.version > 0) std::cout << " version " << model.id.version;
    const bool never_loaded = model.state == ModelState::kRetired && model.reason.empty();
    std::cout << ": " << (never_loaded ? "not loaded" : Name(model.state))
              << (model.remark().empty() ? "" : " (" + PlainText(model.remark()) + ")") << "\n";
  }
  const std::optional<ExampleModel> example = FirstExample(engine, models);
  if (example && !urls.http.empty()) {
    std::cout << "Try it" << WhatToAdd(options) << ":\n  " << CurlExample(urls.http, *example) << "\n";
  }
  std::cout << std::flush;
}

// The lines that scripts of TF Serving's wait for.
void SayAsModelServer(const Urls& urls) {
  const auto where = [](const std::string& url) { return url.substr(url.find("//") + 2); };
  if (!urls.tfserving_grpc.empty())
    std::cerr << "Running gRPC ModelServer at " << where(urls.tfserving_grpc) << " ...\n";
  if (!urls.tfserving.empty()) std::cerr << "Exporting HTTP/REST API at:" << where(urls.tfserving) << " ...\n";
  std::cerr << std::flush;
}

// A server whose models are loaded by name, and that was told none yet, is as it should be.
bool ServesAsWanted(const ServeOptions& options, const Engine& engine) {
  if (options.paths.empty() && options.tfserving.models && options.tfserving.models->empty()) return true;
  if (options.control == ModelControl::Mode::kExplicit && options.load_models.empty()) return true;
  for (const ModelStatus& model : engine.Index()) {
    if (model.state == ModelState::kReady || model.state == ModelState::kOnDemand) return true;
  }
  return false;
}

// A name that is misspelled would else never be noticed. Only a warning: who loads models by name may bring it later.
void SayWhoIsMeantAndNotThere(const ServeOptions& options, const Engine& engine, const Logger& log) {
  const std::vector<ModelStatus> models = engine.Index();
  const auto look_for = [&](std::string_view flag, const std::string& name) {
    const bool known = std::ranges::any_of(models, [&](const ModelStatus& model) { return model.id.name == name; });
    if (!known) log.Warning(std::string(flag) + ": there is no model of this name (yet)", {{"model", name}});
  };
  for (const std::string& name : options.memory.pinned) look_for("--pin", name);
  for (const auto& [name, goal] : options.goals) look_for("--slo", name);
}

// Says what serves, once that is known. If nothing does and that is an error, ends the process the way a user would.
class Announcer {
 public:
  Announcer(const ServeOptions& options, const Urls& urls, Server& server, const Logger& log)
      : thread_([this, &options, &urls, &server, &log] {
          server.WaitUntilLoaded();
          if (stopping_) return;
          while (!stopping_ && !Survives("saying what serves", log, [&] { Announce(options, urls, server, log); })) {
          }
        }) {}

  ~Announcer() {
    stopping_ = true;
    thread_.join();
  }
  Announcer(const Announcer&) = delete;
  Announcer& operator=(const Announcer&) = delete;

  void StopAnnouncing() { stopping_ = true; }
  bool failed() const { return failed_; }

 private:
  void Announce(const ServeOptions& options, const Urls& urls, Server& server, const Logger& log) {
    SayWhoIsMeantAndNotThere(options, server.engine(), log);
    const Status ready = server.engine().WhyNotReady();
    if (!ready.ok() && !stopping_) log.Warning("not ready", {{"reason", ready.message()}});
    if (ServesAsWanted(options, server.engine()) || !options.exit_on_error) {
      Welcome(options, urls, server.engine());
      if (options.tfserving.as_command) SayAsModelServer(urls);
      return;
    }
    log.Error("no model can be served (--exit-on-error=false keeps the server running)");
    failed_ = true;
    kill(getpid(), SIGTERM);
  }

  std::atomic<bool> stopping_ = false;  // lone flags: they order nothing
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

void CannotOpen(const Logger& log, std::string_view what, const std::filesystem::path& file, int error) {
  log.Error(what, {{"file", file.string()}, {"reason", std::generic_category().message(error)}});
}

// In one line, so that scripts of another server need not be cleaned before they can be tried.
void SayWhatHasNoEffect(const ServeOptions& options, const Logger& log) {
  std::string flags;
  for (const std::string& flag : options.without_effect) flags += (flags.empty() ? "" : ", ") + flag;
  if (!flags.empty()) log.Warning("accepted without effect: " + flags);
  for (const std::string& remark : options.torchserve.remarks) log.Warning(remark);
  for (const std::string& remark : options.tfserving.remarks) log.Warning(remark);
}

int Serve(const ServeOptions& options, const sigset_t& signals) {
  const int log_fd = options.log.file.empty() ? STDERR_FILENO : OpenLogFile(options.log.file);
  const int log_error = errno;
  const int told_fd = log_fd == kCannotOpen ? STDERR_FILENO : log_fd;
  Logger log(told_fd, FormFor(options.log.form, told_fd), options.log.level);
  log.Change(options.log.settings());
  if (log_fd == kCannotOpen) {
    CannotOpen(log, "log file cannot be opened", options.log.file, log_error);
    return kExitFailure;
  }
  const int access_log_fd = OpenAccessLog(options.access_log, log_fd);
  if (access_log_fd == kCannotOpen) {
    CannotOpen(log, "access log cannot be opened", options.access_log.file, errno);
    return kExitFailure;
  }
  SayWhatHasNoEffect(options, log);
  for (const std::string& warning : ProtectionWarnings(options)) log.Warning(warning);
  Result<ServerOptions> wanted = ToServerOptions(options, access_log_fd);
  if (!wanted.ok()) {
    log.Error("cannot start", {{"reason", wanted.status().message()}});
    return kExitFailure;
  }
  ServerOptions& server_options = *wanted;
  if (const Status usable = SetDevices(server_options, options, log); !usable.ok()) {
    log.Error("cannot start", {{"reason", usable.message()}});
    return kExitUsage;
  }
  SetMemory(server_options, options);
  LimitToDescriptors(RaiseDescriptorLimit(), log, server_options);
  Result<std::unique_ptr<Server>> started = Server::Start(server_options, log);
  if (!started.ok()) {
    log.Error("cannot start", {{"reason", started.status().message()}});
    return kExitFailure;
  }
  Server& server = **started;
  const Urls urls = UrlsOf(server_options, server.ports());
  log.Info("listening", {{"http", urls.http},
                         {"grpc", urls.grpc},
                         {"metrics", urls.metrics},
                         {"sagemaker", urls.sagemaker},
                         {"torchserve", urls.torchserve},
                         {"torchserve_management", urls.torchserve_management},
                         {"torchserve_metrics", urls.torchserve_metrics},
                         {"torchserve_grpc", urls.torchserve_grpc},
                         {"torchserve_grpc_management", urls.torchserve_grpc_management},
                         {"tfserving", urls.tfserving},
                         {"tfserving_grpc", urls.tfserving_grpc},
                         {"unix_socket", urls.unix_socket},
                         {"keys", options.keys.string()},
                         {"admin_socket", server.admin_socket().string()}});
  Announcer announcer(options, urls, server, log);
  const std::unique_ptr<TfservingConfigWatch> config_watch = WatchTfservingConfig(options.tfserving, server, log);
  StartIsOver();

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  announcer.StopAnnouncing();
  // Who presses Ctrl-C once more means it: that ends the process at once. A second SIGTERM does not; `timeout` and some
  // supervisors send two.
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);

  if (!announcer.failed()) log.Info("draining", {{"signal", signal_number == SIGINT ? "SIGINT" : "SIGTERM"}});
  const bool drained = server.Drain(options.drain_delay, options.drain_timeout);
  if (!drained) log.Error("stopped with requests unanswered", {{"drain_timeout_ms", options.drain_timeout.count()}});
  const int exit_code = drained && !announcer.failed() ? kExitOk : kExitFailure;
  log.Info("stopped", {{"exit_code", exit_code}});
  // A model that is still running or loading cannot be interrupted, and its memory goes with the process.
  if (!drained || !server.loaded()) std::_Exit(exit_code);
  return exit_code;
}

}  // namespace

int RunServe(const ServeOptions& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a log that may not grow any more is an error of its write
  return Serve(options, signals);
}

}  // namespace trireme
