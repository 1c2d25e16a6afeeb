// SPDX-License-Identifier: Apache-2.0
#include "app/sagemaker_platform.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/setting_kinds.h"
#include "repository/scan.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

// A variable and the setting that it is. Of several for one setting the first decides.
constexpr std::array<std::pair<const char*, const char*>, 20> kSettings = {
    {{"SAGEMAKER_BIND_TO_PORT", "sagemaker-port"},
     {"SAGEMAKER_SAFE_PORT_RANGE", "sagemaker-safe-port-range"},
     {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME", "sagemaker-default-model"},
     {"SAGEMAKER_TRITON_INFERENCE_TYPE", "sagemaker-inference-type"},
     {"SAGEMAKER_TRITON_OVERRIDE_PING_MODE", "sagemaker-ping-mode"},
     {"SAGEMAKER_TRITON_PING_MODE", "sagemaker-ping-mode"},
     {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "sagemaker-default-accept"},
     {"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "sagemaker-max-concurrent-transforms"},
     {"SAGEMAKER_BATCH_STRATEGY", "sagemaker-batch-strategy"},
     {"SAGEMAKER_MAX_PAYLOAD_IN_MB", "sagemaker-max-payload-mb"},
     {"SAGEMAKER_TRITON_ALLOW_HTTP", "allow-http"},
     {"SAGEMAKER_TRITON_HTTP_PORT", "http-port"},
     {"SAGEMAKER_TRITON_ALLOW_GRPC", "allow-grpc"},
     {"SAGEMAKER_TRITON_GRPC_PORT", "grpc-port"},
     {"SAGEMAKER_TRITON_ALLOW_METRICS", "allow-metrics"},
     {"SAGEMAKER_TRITON_METRICS_PORT", "metrics-port"},
     {"SAGEMAKER_TRITON_LOG_VERBOSE", "log-verbose"},
     {"SAGEMAKER_TRITON_LOG_INFO", "log-info"},
     {"SAGEMAKER_TRITON_LOG_WARNING", "log-warning"},
     {"SAGEMAKER_TRITON_LOG_ERROR", "log-error"}}};

// They tune what this server finds out by itself or does not have.
constexpr std::array kWithoutEffect = {
    "SAGEMAKER_MODEL_SERVER_TIMEOUT",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS",
    "SAGEMAKER_MODEL_SERVER_WORKERS",
    "SAGEMAKER_STARTUP_TIMEOUT",
    "SAGEMAKER_TRITON_BUFFER_MANAGER_THREAD_COUNT",
    "SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING",
    "SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT",
    "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE",
    "SAGEMAKER_TRITON_SHM_GROWTH_BYTE_SIZE",
    "SAGEMAKER_TRITON_TENSORFLOW_VERSION",
    "SAGEMAKER_TRITON_THREAD_COUNT",
};

// Others by which the platform is known.
constexpr std::array kSigns = {"SAGEMAKER_BASE_DIR", "SAGEMAKER_MULTI_MODEL", "SAGEMAKER_BATCH",
                               "SAGEMAKER_REGION",   "SAGEMAKER_PROGRAM",     "SAGEMAKER_TRITON_ADDITIONAL_ARGS"};

// What each says who sets nothing. The network is the platform's own, closed, and asks without keys; it kills what has
// not ended 30 s after it was told to.
constexpr std::array<std::pair<const char*, const char*>, 6> kDefaults = {{{"allow-sagemaker", "on"},
                                                                           {"sagemaker-address", "0.0.0.0"},
                                                                           {"allow-http", "off"},
                                                                           {"allow-grpc", "off"},
                                                                           {"allow-metrics", "off"},
                                                                           {"exit-timeout-secs", "25"}}};

class PlatformReader {
 public:
  explicit PlatformReader(const Environment& environment)
      : environment_(environment), base_(Value("SAGEMAKER_BASE_DIR").value_or("/opt/ml")) {}

  bool IsThere() const {
    const auto is_set = [&](const char* name) { return Value(name).has_value(); };
    return std::ranges::any_of(kSettings, is_set, &std::pair<const char*, const char*>::first) ||
           std::ranges::any_of(kWithoutEffect, is_set) || std::ranges::any_of(kSigns, is_set) || IsFolder("model") ||
           IsFolder("models");
  }

  Result<SagemakerPlatform> Read() {
    for (const auto& [variable, setting] : kSettings) TakeVariable(variable, setting);
    for (const auto& [setting, value] : kDefaults) Default(setting, value);
    for (const char* variable : kWithoutEffect) {
      if (Value(variable)) platform_.without_effect.emplace_back(variable);
    }
    RETURN_IF_ERROR(TakeModels());
    TakePayload();
    std::istringstream words(Value("SAGEMAKER_TRITON_ADDITIONAL_ARGS").value_or(""));
    for (std::string word; words >> word;) platform_.flags.push_back(word);
    return std::move(platform_);
  }

 private:
  std::optional<std::string> Value(const char* name) const {
    std::optional<std::string> value = environment_(name);
    return value && !value->empty() ? value : std::nullopt;
  }

  bool IsFolder(const char* name) const {
    std::error_code ignored;
    return fs::is_directory(base_ / name, ignored);
  }

  Result<bool> IsMultiModel() const {
    if (const auto said = Value("SAGEMAKER_MULTI_MODEL")) {
      Result<bool> parsed = ParseOnOff(*said);
      if (!parsed.ok()) return std::move(parsed).status().Within("SAGEMAKER_MULTI_MODEL");
      return parsed;
    }
    return !IsFolder("model") && IsFolder("models");
  }

  void TakeVariable(const std::string& variable, const char* setting) {
    if (auto value = Value(variable.c_str())) {
      platform_.settings.try_emplace(setting, SettingText{variable, {*std::move(value)}});
    }
  }

  void Default(const char* setting, const std::string& value) {
    platform_.settings.try_emplace(setting, SettingText{"SageMaker's platform", {value}});
  }

  Status TakeModels() {
    Default("sagemaker-models", (base_ / "models").string());
    ASSIGN_OR_RETURN(const bool is_multi_model, IsMultiModel());
    if (is_multi_model) {
      Default("model-control-mode", "explicit");
    } else {
      Default("model-control-mode", "none");
      Default("paths", (base_ / "model").string());
    }
    return {};
  }

  // What the platform sends must be let in.
  void TakePayload() {
    constexpr uint64_t kUsualMegabytes = 64;
    const std::string text = Value("SAGEMAKER_MAX_PAYLOAD_IN_MB").value_or("");
    uint64_t megabytes = 0;
    std::from_chars(text.data(), text.data() + text.size(), megabytes);
    if (megabytes > kUsualMegabytes) Default("http-max-input-size", std::to_string(megabytes) + "MiB");
  }

  const Environment& environment_;
  const fs::path base_;
  SagemakerPlatform platform_;
};

std::string Listed(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Result<std::optional<SagemakerPlatform>> ReadSagemakerPlatform(const Environment& environment) {
  PlatformReader reader(environment);
  if (!reader.IsThere()) return std::optional<SagemakerPlatform>();
  ASSIGN_OR_RETURN(SagemakerPlatform platform, reader.Read());
  return std::optional(std::move(platform));
}

bool LeavesPathsOpen(std::span<const SettingTexts* const> sources) {
  for (const SettingTexts* source : sources) {
    if (source->contains("model-repository")) return false;
    const auto paths = source->find("paths");
    if (paths != source->end() && paths->second.values != std::vector<std::string>{"serve"}) return false;
  }
  return true;
}

Result<std::string> ChooseDefaultModel(std::span<const fs::path> paths, const std::string& wanted) {
  ASSIGN_OR_RETURN(const RepositoryScan scan, ScanRepository(paths, {}));
  std::set<std::string> names;
  for (const ModelEntry& model : scan.models) names.insert(model.id.name);
  for (const ModelProblem& problem : scan.problems) {
    if (!problem.name.empty()) names.insert(problem.name);
  }
  if (wanted.empty() && names.size() <= 1) return names.empty() ? "" : *names.begin();
  if (!wanted.empty() && (names.contains(wanted) || names.empty())) return wanted;
  return InvalidArgument("SAGEMAKER_TRITON_DEFAULT_MODEL_NAME: expected one of " + Listed(names) + ", found " +
                         (wanted.empty() ? "nothing, and /invocations names no model" : "'" + wanted + "'"));
}

}  // namespace trireme
