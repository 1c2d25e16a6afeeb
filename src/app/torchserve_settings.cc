// SPDX-License-Identifier: Apache-2.0
#include "app/torchserve_settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"
#include "client/address_rules.h"
#include "repository/file_contents.h"
#include "wire/torchserve/allowed_urls.h"
#include "wire/torchserve/properties.h"
#include "wire/torchserve/server_properties.h"

namespace trireme {
namespace {

using torchserve::MetricsMode;
using torchserve::ServerProperties;

Setting Port(std::string name, std::string help, uint16_t& port) {
  return Whole<uint16_t>(std::move(name), "PORT", std::move(help), port, 0, 65535);
}

Setting ModelsSetting(torchserve::Options& dialect) {
  return Also(Custom("torchserve-models", "all|[NAME=]FILE,...",
                     "Load these of the model store at the start; else all that lies there is served", "",
                     [&dialect](std::string_view text) -> Status {
                       dialect.load_all = text == "all";
                       dialect.load_models.clear();
                       if (dialect.load_all || text == "none") return {};
                       ASSIGN_OR_RETURN(dialect.load_models, torchserve::ParseModelsToLoad(text));
                       return {};
                     }),
              {"models"});
}

Setting WorkflowStoreSetting(torchserve::Options& dialect) {
  return Also(Custom("torchserve-workflow-store", "DIR", "Workflows are registered from there", "the model store",
                     [&dialect](std::string_view text) -> Status {
                       if (text.empty()) return UnexpectedText("a folder", text);
                       dialect.workflow_store = text;
                       return {};
                     }),
              {"workflow-store"});
}

Setting AllowedUrlsSetting(torchserve::Options& dialect) {
  return Custom("torchserve-allowed-urls", "REGEX,...",
                "URLs that may be registered, and http and https ones downloaded; else files of the store alone",
                "none", [&dialect](std::string_view text) -> Status {
                  ASSIGN_OR_RETURN(dialect.allowed_urls, torchserve::AllowedUrls::Parse(text));
                  return {};
                });
}

Setting WorkersSetting(torchserve::Options& dialect) {
  return Custom("torchserve-default-workers", "N", "Callers at a time of a model that says nothing", "1 at the start",
                [&dialect](std::string_view text) -> Status {
                  int64_t workers = 0;
                  RETURN_IF_ERROR(Whole<int64_t>("", "", "", workers, 0, 1000).set(text));
                  dialect.default_workers_per_model = workers;
                  return {};
                });
}

Setting SnapshotSetting(torchserve::Options& dialect) {
  return Custom("torchserve-snapshot", "FILE", "Write what is registered there after each change, for --ts-config", "",
                [&dialect](std::string_view text) -> Status {
                  if (text.empty()) return UnexpectedText("a file", text);
                  dialect.snapshot = text;
                  return {};
                });
}

Setting NetworksSetting(client::FetchRules& downloads) {
  return Custom("torchserve-download-networks", "NETWORK,...",
                "Private networks that models may be downloaded from as well, as 10.1.0.0/16", "none",
                [&downloads](std::string_view text) -> Status {
                  downloads.networks.clear();
                  while (!text.empty()) {
                    const size_t comma = std::min(text.find(','), text.size());
                    ASSIGN_OR_RETURN(const client::NetworkRange range,
                                     client::NetworkRange::Parse(text.substr(0, comma)));
                    downloads.networks.push_back(range);
                    text.remove_prefix(std::min(comma + 1, text.size()));
                  }
                  return {};
                });
}

std::vector<Setting> TokenSettings(TorchserveFlags& flags) {
  constexpr std::chrono::minutes kLongest = std::chrono::hours(24 * 365);
  return {
      OnOff("torchserve-token-auth", "Make TorchServe's keys at the start, and ask every client for one",
            flags.token_auth),
      Custom("torchserve-key-file", "FILE", "Where they are written, for this user alone", "key_file.json",
             [&flags](std::string_view text) -> Status {
               if (text.empty()) return UnexpectedText("a file", text);
               flags.tokens.file = text;
               return {};
             }),
      Time("torchserve-token-expiration", "How long those for inference and management are good for",
           flags.tokens.expiration, std::chrono::minutes(1), kLongest),
  };
}

Setting Needless(const std::string& name, std::vector<std::string>& remarks) {
  Setting setting = Custom(name, "", "", "", [&remarks, name](std::string_view) -> Status {
    remarks.push_back(
        "--" + name +
        " is not needed: a server starts, stays in the foreground, and writes no snapshot unless asked to");
    return {};
  });
  setting.form = Setting::Form::kSwitch;
  return setting;
}

std::vector<Setting> DownloadSettings(TorchserveListeners& listeners) {
  client::FetchRules& downloads = listeners.downloads;
  return {
      AllowedUrlsSetting(listeners.dialect),
      NetworksSetting(downloads),
      Bytes("torchserve-download-size", "Of a model at most", downloads.max_bytes, 1),
      Time("torchserve-download-timeout", "For a model at most", downloads.timeout, std::chrono::milliseconds(1000),
           std::chrono::milliseconds(std::chrono::hours(24))),
  };
}

// What the properties say, as texts of our settings.
class Translation {
 public:
  Translation(const ServerProperties& properties, std::string file) : given_(properties), file_(std::move(file)) {}

  void Say(std::string_view key, const std::string& setting, std::string value) {
    if (!given_.Gives(key)) return;
    honoured_.emplace_back(key);
    texts_[setting] = {.where = file_ + ": " + std::string(key), .values = {std::move(value)}};
  }

  Status SayAddress(std::string_view key, const torchserve::Address& address, const std::string& prefix) {
    if (!given_.Gives(key)) return {};
    if (address.scheme == torchserve::Address::Scheme::kUnix) {
      return InvalidArgument(file_ + ": " + std::string(key) +
                             ": expected an address of http:// or https:// (--unix-socket opens one beside them), "
                             "found another");
    }
    if (address.scheme == torchserve::Address::Scheme::kHttps) encrypted_ = file_ + ": " + std::string(key);
    Say(key, prefix + "address", address.host);
    Say(key, prefix + "port", std::to_string(address.port));
    return {};
  }

  // The last address of https://; empty: none is.
  const std::string& encrypted() const { return encrypted_; }

  // Of what no key says: that there is such a file says it.
  void Imply(const std::string& setting, std::string value) {
    texts_[setting] = {.where = file_, .values = {std::move(value)}};
  }

  void Honour(std::string_view key) { honoured_.emplace_back(key); }

  // Something else in the file goes before it.
  void PassOver(std::string_view key, std::string_view reason) {
    if (!given_.Gives(key)) return;
    Honour(key);
    passed_over_.push_back(file_ + ": " + std::string(key) + " is not honoured: " + std::string(reason));
  }

  // What is given and has no effect, as it is named in the log.
  std::vector<std::string> Remarks() const {
    std::vector<std::string> remarks = passed_over_;
    for (const ServerProperties::Ignored& ignored : given_.ignored) {
      remarks.push_back(ignored.where + ": " + ignored.key + " is not honoured: " + ignored.reason);
    }
    for (const std::string& unknown : given_.unknown) remarks.push_back(unknown);
    for (const std::string& repeated : given_.repeated) remarks.push_back(repeated);
    for (const std::string& key : given_.given) {
      const auto is_key = [&](const ServerProperties::Ignored& ignored) { return ignored.key == key; };
      if (std::ranges::find(honoured_, key) != honoured_.end() || std::ranges::any_of(given_.ignored, is_key)) continue;
      remarks.push_back(file_ + ": " + key + " is not honoured: there is no such setting here");
    }
    return remarks;
  }

  SettingTexts Take() { return std::move(texts_); }

 private:
  const ServerProperties& given_;
  const std::string file_;
  std::string encrypted_;
  SettingTexts texts_;
  std::vector<std::string> honoured_;
  std::vector<std::string> passed_over_;
};

std::string TextOf(MetricsMode mode) {
  switch (mode) {
    case MetricsMode::kLog:
      return "log";
    case MetricsMode::kPrometheus:
      return "prometheus";
    case MetricsMode::kLegacy:
      return "legacy";
  }
  return "";
}

std::string TextOf(const ServerProperties& properties) {
  if (properties.load_all_models) return "all";
  std::string text;
  for (const torchserve::ModelToLoad& model : properties.load_models) {
    text += (text.empty() ? "" : ",") + (model.name.empty() ? "" : model.name + "=") + model.url;
  }
  return text.empty() ? "none" : text;
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ",") + text;
  return joined;
}

Status Translate(const ServerProperties& properties, Translation& to) {
  to.Imply("dialects", "torchserve");
  RETURN_IF_ERROR(to.SayAddress("inference_address", properties.inference_address, "torchserve-"));
  RETURN_IF_ERROR(to.SayAddress("management_address", properties.management_address, "torchserve-management-"));
  RETURN_IF_ERROR(to.SayAddress("metrics_address", properties.metrics_address, "torchserve-metrics-"));
  to.Say("grpc_inference_address", "torchserve-grpc-address", properties.grpc_inference_address);
  to.Say("grpc_management_address", "torchserve-grpc-management-address", properties.grpc_management_address);
  to.Say("grpc_inference_port", "torchserve-grpc-port", std::to_string(properties.grpc_inference_port));
  to.Say("grpc_management_port", "torchserve-grpc-management-port", std::to_string(properties.grpc_management_port));
  to.Say("enable_metrics_api", "torchserve-allow-metrics", properties.enable_metrics_api ? "on" : "off");
  to.Say("metrics_mode", "torchserve-metrics-mode", TextOf(properties.metrics_mode));
  to.Say("model_store", "model-repository", properties.model_store);
  to.Say("workflow_store", "torchserve-workflow-store", properties.workflow_store);
  if (properties.model_snapshot) {
    to.PassOver("load_models", "model_snapshot says all that was there");
  } else {
    to.Say("load_models", "torchserve-models", TextOf(properties));
  }
  to.Say("enable_model_api", "enable-model-api", properties.enable_model_api ? "on" : "off");
  to.Say("allowed_urls", "torchserve-allowed-urls", Joined(properties.allowed_urls.patterns()));
  if (properties.default_workers_per_model) {
    to.Say("default_workers_per_model", "torchserve-default-workers",
           std::to_string(*properties.default_workers_per_model));
  }
  to.Say("job_queue_size", "torchserve-job-queue-size", std::to_string(properties.job_queue_size));
  to.Say("disable_token_authorization", "torchserve-token-auth", properties.disable_token_authorization ? "off" : "on");
  to.Say("token_expiration_min", "torchserve-token-expiration",
         std::to_string(properties.token_expiration.count()) + "m");
  to.Say("max_request_size", "http-max-input-size", std::to_string(properties.max_request_size));
  to.Say("private_key_file", "tls-key", properties.private_key_file);
  to.Say("certificate_file", "tls-cert", properties.certificate_file);
  for (const char* key : {"models", "model_snapshot", "enable_envvars_config", "default_response_timeout",
                          "default_startup_timeout", "default_service_handler"}) {
    to.Honour(key);
  }
  return {};
}

}  // namespace

std::vector<Setting> TorchserveSettings(TorchserveFlags& flags) {
  TorchserveListeners& listeners = flags.listeners;
  torchserve::Options& dialect = listeners.dialect;
  std::vector<Setting> settings = {
      Text("torchserve-address", "ADDRESS", "Address of TorchServe's inference port, if another one", flags.host),
      Port("torchserve-port", "Its port; 0: any free one", listeners.port),
      Text("torchserve-management-address", "ADDRESS", "The same of management", flags.management_host),
      Port("torchserve-management-port", "Its port; 0: any free one", listeners.management_port),
      Text("torchserve-metrics-address", "ADDRESS", "The same of metrics in TorchServe's form", flags.metrics_host),
      Port("torchserve-metrics-port", "Its port; 0: any free one", listeners.metrics_port),
      OnOff("torchserve-allow-metrics", "Listen there", listeners.allow_metrics),
      Text("torchserve-grpc-address", "ADDRESS", "The same of inference over gRPC", flags.grpc_host),
      Port("torchserve-grpc-port", "Its port; 0: any free one", listeners.grpc_port),
      Text("torchserve-grpc-management-address", "ADDRESS", "The same of management over gRPC",
           flags.grpc_management_host),
      Port("torchserve-grpc-management-port", "Its port; 0: any free one", listeners.grpc_management_port),
      ModelsSetting(dialect),
      Switch("enable-model-api", "Let clients register and unregister models of the model store",
             dialect.enable_model_api),
      WorkflowStoreSetting(dialect),
      WorkersSetting(dialect),
      Whole<size_t>("torchserve-job-queue-size", "N", "Requests that wait for a model that is registered",
                    dialect.job_queue_size, 1, 1'000'000),
      Choice<MetricsMode>(
          "torchserve-metrics-mode", "log: that page is empty", dialect.metrics_mode,
          {{"prometheus", MetricsMode::kPrometheus}, {"legacy", MetricsMode::kLegacy}, {"log", MetricsMode::kLog}}),
      SnapshotSetting(dialect),
      Switch("disable-token-auth", "As TorchServe has it: goes before --torchserve-token-auth",
             flags.disable_token_auth),
  };
  std::ranges::move(DownloadSettings(listeners), std::back_inserter(settings));
  std::ranges::move(TokenSettings(flags), std::back_inserter(settings));
  return settings;
}

std::vector<Setting> TorchserveCommandSettings(TorchserveFlags& flags) {
  std::vector<Setting> settings;
  for (const char* name : {"start", "foreground", "ncs", "no-config-snapshots"}) {
    settings.push_back(Needless(name, flags.remarks));
  }
  return settings;
}

Result<SettingTexts> ReadTorchserveProperties(const std::string& file, const Environment& environment,
                                              TorchserveFlags& flags) {
  ASSIGN_OR_RETURN(const std::string text, ReadNamedFile(file, torchserve::kMaxPropertiesBytes));
  ASSIGN_OR_RETURN(const ServerProperties properties, torchserve::ParseServerProperties(text, file, environment));
  Translation translation(properties, file);
  RETURN_IF_ERROR(Translate(properties, translation));
  torchserve::Options& dialect = flags.listeners.dialect;
  dialect.models = properties.models;
  dialect.default_response_timeout = properties.default_response_timeout;
  dialect.default_handler = properties.default_service_handler;
  if (properties.Gives("default_startup_timeout")) dialect.default_startup_timeout = properties.default_startup_timeout;
  flags.leaves_token_auth_open = !properties.Gives("disable_token_authorization");
  if (properties.model_snapshot) {
    dialect.snapshot_models = properties.model_snapshot->models;
    dialect.snapshot_workflows = properties.model_snapshot->workflows;
  }
  flags.remarks = translation.Remarks();
  flags.properties = file;
  flags.model_store = properties.model_store;
  flags.encrypted_address = translation.encrypted();
  return translation.Take();
}

bool RegistersModels(const ServeOptions& options) {
  const TorchserveListeners& listeners = options.torchserve.listeners;
  const torchserve::Options& dialect = listeners.dialect;
  return listeners.allow && (dialect.enable_model_api || dialect.load_all || !dialect.load_models.empty() ||
                             !dialect.snapshot_models.empty() || !dialect.snapshot_workflows.empty());
}

std::vector<std::filesystem::path> RepositoriesOf(const ServeOptions& options) {
  std::vector<std::filesystem::path> paths = options.paths;
  if (RegistersModels(options) && !paths.empty()) paths.erase(paths.begin());
  return paths;
}

bool AsksForTokens(const ServeOptions& options) {
  const TorchserveFlags& flags = options.torchserve;
  return flags.listeners.allow && flags.token_auth && !flags.disable_token_auth;
}

namespace {

// By its names on the command line and in config.properties.
std::string WhatRegisters(const torchserve::Options& dialect) {
  if (dialect.enable_model_api) return "enable-model-api (enable_model_api)";
  if (dialect.load_all || !dialect.load_models.empty()) return "torchserve-models (load_models)";
  return "model_snapshot";
}

void SettleControl(ServeOptions& options) {
  if (!RegistersModels(options)) return;
  if (!options.said_control.empty() && options.control != ModelControl::Mode::kExplicit) {
    options.torchserve.remarks.emplace_back("model-control-mode " + options.said_control +
                                            " is not honoured: " + WhatRegisters(options.torchserve.listeners.dialect) +
                                            " has models registered by name, which is mode explicit");
  }
  options.control = ModelControl::Mode::kExplicit;
}

// What is registered only when it is asked for is looked for then alone: until then nobody would say so.
void RemarkOnStores(ServeOptions& options) {
  TorchserveFlags& flags = options.torchserve;
  const torchserve::Options& dialect = flags.listeners.dialect;
  if (!RegistersModels(options) || options.paths.empty()) return;
  const auto look = [&](const std::string& where, const std::filesystem::path& folder) {
    std::error_code error;
    if (std::filesystem::is_directory(folder, error)) return true;
    const bool is_there = std::filesystem::exists(folder, error);
    flags.remarks.push_back(where + ": expected a folder, found " + (is_there ? "a file" : "no such folder") + ": '" +
                            folder.string() + "'; nothing can be registered from there until it is one");
    return false;
  };
  const std::filesystem::path& store = options.paths.front();
  const bool is_of_file = store == flags.model_store;
  const bool has_store = look(is_of_file ? flags.properties + ": model_store" : "model store", store);
  if (!dialect.workflow_store.empty()) look("torchserve-workflow-store (workflow_store)", dialect.workflow_store);
  for (const torchserve::ModelSettings& model : dialect.models) {
    const std::string file = model.mar_name.value_or("");
    std::error_code error;
    if (!has_store || file.empty() || file.find("://") != std::string::npos) continue;
    if (std::filesystem::exists(store / file, error)) continue;
    flags.remarks.push_back(flags.properties + ": models: " + model.name + ": " + model.version + ": there is no '" +
                            file + "' in the model store '" + store.string() + "'");
  }
}

}  // namespace

void SettleTorchserve(ServeOptions& options) {
  SettleControl(options);
  RemarkOnStores(options);
  TorchserveFlags& flags = options.torchserve;
  if (!flags.encrypted_address.empty() && !options.tls.certificate.empty()) {
    flags.remarks.push_back(flags.properties +
                            ": every listener is encrypted, those of http:// addresses, metrics and gRPC too");
  }
  const bool asks = AsksForTokens(options) || !options.keys.empty() || flags.disable_token_auth;
  if (!flags.listeners.allow || !flags.leaves_token_auth_open || asks) return;
  flags.remarks.emplace_back(
      "nobody is asked for a token, as TorchServe would where its settings say nothing of that: --keys FILE, or "
      "--torchserve-token-auth on");
}

namespace {

// TorchServe's own --models takes several words; here the second one would be a path.
Status CheckStore(const ServeOptions& options) {
  if (options.torchserve.listeners.dialect.load_models.empty()) return {};
  for (const std::filesystem::path& path : options.paths) {
    if (path.extension() != ".mar") continue;
    return InvalidArgument(
        "--models: expected one list, such as a.mar,name=b.mar, and the model store as a path, found '" +
        path.string() + "' as a path");
  }
  return {};
}

}  // namespace

Status CheckTorchserve(const ServeOptions& options) {
  const TorchserveFlags& flags = options.torchserve;
  if (!flags.listeners.allow) {
    const char* const asked = flags.listeners.dialect.enable_model_api ? "enable-model-api"
                              : flags.token_auth                       ? "torchserve-token-auth"
                              : !flags.properties.empty()              ? "ts-config"
                                                                       : nullptr;
    if (asked == nullptr) return {};
    return InvalidArgument(std::string(asked) + ": expected torchserve among --dialects beside it");
  }
  if (!flags.encrypted_address.empty() && options.tls.certificate.empty()) {
    return InvalidArgument(
        flags.encrypted_address +
        ": https:// expects private_key_file and certificate_file beside it, in PEM, found none (of a "
        "keystore: openssl pkcs12 -in KEYSTORE -nodes)");
  }
  RETURN_IF_ERROR(CheckStore(options));
  if (!RegistersModels(options) || !options.paths.empty()) return {};
  return InvalidArgument("enable-model-api and torchserve-models: expected a path, the model store, found none");
}

TorchserveListeners TorchserveListenersOf(const ServeOptions& options) {
  const TorchserveFlags& flags = options.torchserve;
  TorchserveListeners listeners = flags.listeners;
  const auto host = [&](const std::string& wanted) { return wanted.empty() ? options.host : wanted; };
  listeners.host = host(flags.host);
  listeners.management_host = host(flags.management_host);
  listeners.metrics_host = host(flags.metrics_host);
  listeners.grpc_host = host(flags.grpc_host);
  listeners.grpc_management_host = host(flags.grpc_management_host);
  if (AsksForTokens(options)) listeners.tokens = flags.tokens;
  if (!options.paths.empty()) listeners.dialect.model_store = options.paths.front();
  std::array<char, 256> hostname{};
  if (gethostname(hostname.data(), hostname.size() - 1) == 0) listeners.dialect.hostname = hostname.data();
  return listeners;
}

}  // namespace trireme
