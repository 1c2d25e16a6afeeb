// SPDX-License-Identifier: Apache-2.0
#include "app/tfserving_settings.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "app/setting_kinds.h"
#include "repository/file_contents.h"
#include "repository/model_name.h"
#include "wire/tfserving/config_files.h"

namespace trireme {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;

Setting Port(std::string name, std::string help, uint16_t& port) {
  return Whole<uint16_t>(std::move(name), "PORT", std::move(help), port, 0, 65535);
}

Result<std::string> Contents(const std::string& file) {
  return ReadNamedFile(file, kMaxFileBytes);
}

Status CheckServed(const tfserving::ServedModel& model) {
  RETURN_IF_ERROR(CheckModelName(model.name));
  std::error_code error;
  if (std::filesystem::is_directory(model.base_path, error)) return {};
  return InvalidArgument("Could not find base path " + model.base_path.string() + " for servable " + model.name +
                         ": expected a folder of versions");
}

bool IsModelConfig(const std::filesystem::path& path) {
  constexpr size_t kLookedAt = 64 << 10;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  const Result<std::string> beginning = ReadFileBeginning(path, kLookedAt);
  return beginning.ok() && beginning->find('\0') == std::string::npos &&
         beginning->find("model_config_list") != std::string::npos;
}

// The one model of --tfserving-model-base-path.
Result<std::vector<tfserving::ServedModel>> OneModel(const TfservingFlags& flags) {
  if (Status folder = tfserving::CheckIsFolder(flags.model_base_path); !folder.ok()) {
    return std::move(folder).Within("--tfserving-model-base-path");
  }
  std::error_code error;
  tfserving::ServedModel model{.name = flags.model_name,
                               .base_path = std::filesystem::absolute(flags.model_base_path, error)};
  RETURN_IF_ERROR(CheckServed(model));
  return std::vector{std::move(model)};
}

}  // namespace

std::vector<Setting> TfservingSettings(TfservingFlags& flags) {
  TfservingListeners& listeners = flags.listeners;
  return {
      Text("tfserving-address", "ADDRESS", "Address of TF Serving's REST port, if another one", flags.host),
      Port("tfserving-port", "Its port; 0: any free one", listeners.port),
      OnOff("tfserving-allow-rest", "Listen there", listeners.allow_rest),
      Text("tfserving-grpc-address", "ADDRESS", "The same of its gRPC port", flags.grpc_host),
      Port("tfserving-grpc-port", "Its port; 0: any free one", listeners.grpc_port),
      OnOff("tfserving-allow-grpc", "Listen there", listeners.allow_grpc),
      Text("tfserving-config", "FILE", "Serve the models of a ModelServerConfig, besides those at the paths",
           flags.config_file),
      Seconds("tfserving-config-poll", "How often that file is looked at for changes; 0: never", flags.config_poll,
              std::chrono::milliseconds(0), std::chrono::milliseconds(std::chrono::hours(24))),
      Text("tfserving-model-base-path", "FOLDER", "Serve the one model whose versions lie there",
           flags.model_base_path),
      Text("tfserving-model-name", "NAME", "Its name", flags.model_name),
      OnOff("tfserving-allow-reload", "Let clients replace these models (HandleReloadConfigRequest)",
            flags.allow_reload),
      Text("tfserving-monitoring", "FILE", "Show metrics under TF Serving's names as a MonitoringConfig says",
           flags.monitoring_file),
      Text("tfserving-saved-model-tags", "TAG,...", "Serve the graphs of SavedModels that have these tags",
           flags.saved_model_tags),
      OnOff("tfserving-warmup", "Run the requests of TF Serving's warm-up files before a model serves",
            listeners.dialect.run_warmup_files),
      Switch("tfserving-tensor-content", "Answer over gRPC with tensor_content instead of lists", flags.tensor_content),
  };
}

std::vector<Setting> ModelServerSettings(TfservingFlags& flags, std::vector<std::string>& without_effect) {
  return {
      Switch("tfserving-as-command", "It was called as TF Serving's own program", flags.as_command),
      Repeated(Custom("tfserving-ignored", "FLAG", "A flag of TF Serving's that has no use", "",
                      [&without_effect](std::string_view text) -> Status {
                        without_effect.emplace_back(text);
                        return {};
                      })),
  };
}

Result<SettingTexts> ReadTfservingBatching(const std::string& file, TfservingFlags& flags) {
  SettingTexts texts;
  if (file.empty()) return texts;
  ASSIGN_OR_RETURN(const std::string text, Contents(file));
  ASSIGN_OR_RETURN(const tfserving::Batching batching, tfserving::ParseBatching(text, file));
  const auto say = [&](const std::string& field, const std::string& setting, std::string value) {
    texts[setting] = {.where = file + ": " + field, .values = {std::move(value)}};
  };
  // Those of TF Serving.
  const int64_t rows = batching.max_batch_size.value_or(1000);
  if (batching.max_batch_size) say("max_batch_size", "max-batch", std::to_string(rows));
  if (batching.batch_timeout) {
    say("batch_timeout_micros", "max-delay", std::to_string(batching.batch_timeout->count()) + "us");
  }
  if (batching.batch_threads) say("num_batch_threads", "instances", std::to_string(*batching.batch_threads));
  if (batching.max_enqueued_batches) {
    constexpr int64_t kMostWaiting = 1'000'000;
    const int64_t waiting =
        *batching.max_enqueued_batches > kMostWaiting / rows ? kMostWaiting : *batching.max_enqueued_batches * rows;
    say("max_enqueued_batches", "max-waiting-requests", std::to_string(waiting));
  }
  for (const std::string& field : batching.without_effect) {
    flags.remarks.push_back(file + ": " + field + " has no effect: batches need no padding here");
  }
  return texts;
}

Result<std::vector<tfserving::ServedModel>> ReadModelConfigFile(const std::string& file) {
  ASSIGN_OR_RETURN(const std::string text, Contents(file));
  ASSIGN_OR_RETURN(std::vector<tfserving::ServedModel> models, tfserving::ParseModelServerConfig(text, file));
  for (const tfserving::ServedModel& model : models) {
    if (Status there = CheckServed(model); !there.ok()) return std::move(there).Within(file);
  }
  return models;
}

std::vector<std::string> RemarksOn(const std::vector<tfserving::ServedModel>& models, const std::string& file) {
  std::vector<std::string> remarks;
  for (const tfserving::ServedModel& model : models) {
    for (const std::string& field : model.without_effect) {
      remarks.push_back(file + ": model " + model.name + ": accepted without effect: " + field);
    }
  }
  return remarks;
}

Result<std::optional<std::string>> TakeModelConfigFile(std::vector<std::filesystem::path>& paths) {
  const auto begin = std::stable_partition(paths.begin(), paths.end(), [](const auto& p) { return !IsModelConfig(p); });
  if (begin == paths.end()) return std::optional<std::string>();
  if (paths.end() - begin > 1) {
    return InvalidArgument("paths: expected one list of models (ModelServerConfig), found " + begin->string() +
                           " and " + (begin + 1)->string());
  }
  std::string file = begin->string();
  paths.erase(begin, paths.end());
  return std::optional(std::move(file));
}

Status SettleTfserving(ServeOptions& options) {
  TfservingFlags& flags = options.tfserving;
  ASSIGN_OR_RETURN(const std::optional<std::string> file, TakeModelConfigFile(options.paths));
  if (file && !flags.config_file.empty()) {
    return InvalidArgument("tfserving-config: expected one list of models, found " + flags.config_file + " and " +
                           *file);
  }
  if (file) flags.config_file = *file;
  if (!flags.config_file.empty() && !flags.model_base_path.empty()) {
    return InvalidArgument("tfserving-config and tfserving-model-base-path: expected one of them, found both");
  }
  if (!flags.config_file.empty()) {
    ASSIGN_OR_RETURN(flags.models, ReadModelConfigFile(flags.config_file));
    std::ranges::move(RemarksOn(*flags.models, flags.config_file), std::back_inserter(flags.remarks));
  } else if (!flags.model_base_path.empty()) {
    ASSIGN_OR_RETURN(flags.models, OneModel(flags));
  }
  if (flags.tensor_content) flags.listeners.dialect.encoding = tfserving::TensorEncoding::kContent;
  if (flags.monitoring_file.empty()) return {};
  ASSIGN_OR_RETURN(const std::string text, Contents(flags.monitoring_file));
  ASSIGN_OR_RETURN(const tfserving::Monitoring monitoring, tfserving::ParseMonitoring(text, flags.monitoring_file));
  if (monitoring.prometheus) flags.listeners.dialect.metrics_path = monitoring.path;
  return {};
}

Status CheckTfserving(const ServeOptions& options) {
  const TfservingFlags& flags = options.tfserving;
  if (flags.models && options.control != ModelControl::Mode::kWatch) {
    return InvalidArgument(
        "tfserving-config and tfserving-model-base-path: expected --model-control-mode watch, found "
        "another one");
  }
  if (!flags.listeners.allow && !flags.monitoring_file.empty()) {
    return InvalidArgument("tfserving-monitoring: expected tfserving among --dialects beside it");
  }
  if (flags.config_poll.count() > 0 && flags.config_file.empty()) {
    return InvalidArgument("tfserving-config-poll: expected --tfserving-config beside it");
  }
  if (flags.listeners.allow && !flags.listeners.allow_rest && !flags.listeners.allow_grpc) {
    return InvalidArgument("tfserving-allow-rest and tfserving-allow-grpc: expected one of them on, found both off");
  }
  return {};
}

TfservingListeners TfservingListenersOf(const ServeOptions& options) {
  const TfservingFlags& flags = options.tfserving;
  TfservingListeners listeners = flags.listeners;
  listeners.host = flags.host.empty() ? options.host : flags.host;
  listeners.grpc_host = flags.grpc_host.empty() ? options.host : flags.grpc_host;
  listeners.dialect.allow_reload = flags.allow_reload;
  return listeners;
}

}  // namespace trireme
