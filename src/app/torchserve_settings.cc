// SPDX-License-Identifier: Apache-2.0
#include "app/torchserve_settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/setting_kinds.h"
#include "wire/torchserve/allowed_urls.h"
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
  return Custom("torchserve-allowed-urls", "REGEX,...", "URLs that may be registered; files of the store alone", "none",
                [&dialect](std::string_view text) -> Status {
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

Result<std::string> Contents(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) return InvalidArgument(file + ": expected a file, found a folder");
  std::ifstream in(file, std::ios::binary);
  if (!in) return NotFound(file + ": cannot be read");
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return text;
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
    if (address.scheme != torchserve::Address::Scheme::kHttp) {
      return InvalidArgument(file_ + ": " + std::string(key) +
                             ": expected an address of http:// (--tls-cert encrypts every listener; --unix-socket "
                             "opens one beside them), found another");
    }
    Say(key, prefix + "address", address.host);
    Say(key, prefix + "port", std::to_string(address.port));
    return {};
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
  to.Say("max_request_size", "http-max-input-size", std::to_string(properties.max_request_size));
  to.Say("private_key_file", "tls-key", properties.private_key_file);
  to.Say("certificate_file", "tls-cert", properties.certificate_file);
  for (const char* key : {"models", "model_snapshot", "enable_envvars_config", "disable_token_authorization"}) {
    to.Honour(key);
  }
  return {};
}

}  // namespace

std::vector<Setting> TorchserveSettings(TorchserveFlags& flags) {
  TorchserveListeners& listeners = flags.listeners;
  torchserve::Options& dialect = listeners.dialect;
  return {
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
      AllowedUrlsSetting(dialect),
      WorkersSetting(dialect),
      Choice<MetricsMode>(
          "torchserve-metrics-mode", "log: that page is empty", dialect.metrics_mode,
          {{"prometheus", MetricsMode::kPrometheus}, {"legacy", MetricsMode::kLegacy}, {"log", MetricsMode::kLog}}),
      SnapshotSetting(dialect),
  };
}

Result<SettingTexts> ReadTorchserveProperties(const std::string& file, const Environment& environment,
                                              TorchserveFlags& flags) {
  ASSIGN_OR_RETURN(const std::string text, Contents(file));
  ASSIGN_OR_RETURN(const ServerProperties properties, torchserve::ParseServerProperties(text, file, environment));
  Translation translation(properties, file);
  RETURN_IF_ERROR(Translate(properties, translation));
  flags.listeners.dialect.models = properties.models;
  if (properties.model_snapshot) flags.listeners.dialect.snapshot_models = properties.model_snapshot->models;
  if (properties.model_snapshot) {
    flags.listeners.dialect.snapshot_workflows = properties.model_snapshot->workflows;
  }
  flags.remarks = translation.Remarks();
  return translation.Take();
}

bool RegistersModels(const ServeOptions& options) {
  const TorchserveListeners& listeners = options.torchserve.listeners;
  const torchserve::Options& dialect = listeners.dialect;
  return listeners.allow && (dialect.enable_model_api || dialect.load_all || !dialect.load_models.empty() ||
                             !dialect.snapshot_models.empty() || !dialect.snapshot_workflows.empty());
}

void SettleTorchserve(ServeOptions& options) {
  if (!RegistersModels(options)) return;
  // It was said, because it is not what a server does by itself.
  if (options.control == ModelControl::Mode::kNone) {
    options.torchserve.remarks.emplace_back(
        "model-control-mode none is not honoured: models are registered by name, which is explicit");
  }
  options.control = ModelControl::Mode::kExplicit;
}

Status CheckTorchserve(const ServeOptions& options) {
  const TorchserveListeners& listeners = options.torchserve.listeners;
  if (!listeners.allow) {
    if (!listeners.dialect.enable_model_api) return {};
    return InvalidArgument("enable-model-api: expected torchserve among --dialects beside it");
  }
  return {};
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
  if (!options.paths.empty()) listeners.dialect.model_store = options.paths.front();
  std::array<char, 256> hostname{};
  if (gethostname(hostname.data(), hostname.size() - 1) == 0) listeners.dialect.hostname = hostname.data();
  return listeners;
}

}  // namespace trireme
