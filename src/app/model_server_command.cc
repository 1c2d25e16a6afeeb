// SPDX-License-Identifier: Apache-2.0
#include "app/model_server_command.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include "app/setting_kinds.h"
#include "base/nearest_name.h"

namespace trireme {
namespace {

// Flags with a value that have a setting of ours.
struct Translation {
  std::string_view flag;
  std::string_view setting;
};
constexpr std::array<Translation, 8> kTranslations = {{
    {"model_base_path", "tfserving-model-base-path"},
    {"model_name", "tfserving-model-name"},
    {"model_config_file", "tfserving-config"},
    {"model_config_file_poll_wait_seconds", "tfserving-config-poll"},
    {"monitoring_config_file", "tfserving-monitoring"},
    {"saved_model_tags", "tfserving-saved-model-tags"},
    {"rest_api_port", "tfserving-port"},
    {"port", "tfserving-grpc-port"},
}};

// The same of flags that are read by the functions below; the last is refused.
constexpr std::array<Translation, 5> kReadBelow = {{
    {"batching_parameters_file", "tfserving-batching"},
    {"enable_serialization_as_tensor_content", "tfserving-tensor-content"},
    {"enable_model_warmup", "tfserving-warmup"},
    {"num_load_threads", "model-load-thread-count"},
    {"ssl_config_file", "tls-cert"},
}};

// Flags that may be given, and change nothing: either there is no such thing here, or it is always so.
struct WithoutEffect {
  std::string_view flag;
  std::string_view why;
};
constexpr std::string_view kNoThreads = "threads follow the processors";
constexpr std::string_view kNoRuntime = "it is a setting of TensorFlow's runtime, which does not run here";
constexpr std::string_view kNoLite = "models of TensorFlow Lite are not served";
constexpr std::string_view kNoCors = "answers have no headers for browsers";
constexpr std::string_view kNoPolling = "the kernel tells of new versions";
constexpr std::string_view kNoRetries = "a load that failed is tried again when its files change";
constexpr std::string_view kLabelsWait = "labels always wait for their versions";
constexpr std::string_view kClientsDeadline = "the client's deadline counts";
constexpr auto kWithoutEffect = std::to_array<WithoutEffect>({
    {"allow_version_labels_for_unavailable_models", kLabelsWait},
    {"enable_cors_support", kNoCors},
    {"enable_grpc_healthcheck_service", "it is always there"},
    {"enable_per_model_batching_parameters", "config.pbtxt beside a model's versions has settings of its own"},
    {"enable_profiler", "there is none; --help of trireme tells of traces"},
    {"enable_signature_method_name_check", "names of methods that say classify or regress are always checked"},
    {"enforce_session_run_timeout", kClientsDeadline},
    {"file_system_poll_wait_seconds", kNoPolling},
    {"flush_filesystem_caches", "files are read once"},
    {"force_allow_any_version_labels_for_unavailable_models", kLabelsWait},
    {"grpc_channel_arguments", "gRPC is this server's own"},
    {"grpc_max_threads", kNoThreads},
    {"grpc_socket_path", "gRPC is served on --port alone, not on sockets of files"},
    {"http_timeout_in_ms", kClientsDeadline},
    {"load_retry_interval_micros", kNoRetries},
    {"max_num_load_retries", kNoRetries},
    {"mixed_precision", kNoRuntime},
    {"num_request_iterations_for_warmup", "each request of a warm-up file is run once"},
    {"num_tflite_interpreters", kNoLite},
    {"num_tflite_interpreters_per_pool", kNoLite},
    {"num_tflite_pools", kNoLite},
    {"num_unload_threads", kNoThreads},
    {"per_process_gpu_memory_fraction", "memory is bounded by trireme's --budget"},
    {"platform_config_file", "what kind of model it is, its files say themselves"},
    {"prefer_tflite_model", kNoLite},
    {"remove_unused_fields_from_bundle_metagraph", kNoRuntime},
    {"rest_api_enable_cors_support", kNoCors},
    {"rest_api_num_threads", kNoThreads},
    {"rest_api_timeout_in_ms", kClientsDeadline},
    {"skip_initialize_tpu", kNoRuntime},
    {"tensorflow_inter_op_parallelism", kNoRuntime},
    {"tensorflow_intra_op_parallelism", kNoRuntime},
    {"tensorflow_session_parallelism", kNoRuntime},
    {"thread_pool_factory_config_file", kNoRuntime},
    {"use_alts_credentials", "TLS is trireme's --tls-cert and --tls-key"},
    {"use_tflite_model", kNoLite},
});

// By the flag's name, without dashes; a flag without a value is "true".
using Flags = std::map<std::string, std::string, std::less<>>;

bool IsKnown(std::string_view flag) {
  const auto is_it = [&](const auto& known) { return known.flag == flag; };
  return flag == "enable_batching" || std::ranges::any_of(kTranslations, is_it) ||
         std::ranges::any_of(kReadBelow, is_it) || std::ranges::any_of(kWithoutEffect, is_it);
}

// "; did you mean '--model_name'?", or nothing.
std::string Suggestion(std::string_view flag) {
  std::vector<std::string> names = {"enable_batching"};
  const auto add = [&](const auto& known) { names.emplace_back(known.flag); };
  std::ranges::for_each(kTranslations, add);
  std::ranges::for_each(kReadBelow, add);
  std::ranges::for_each(kWithoutEffect, add);
  const std::optional<std::string> nearest = NearestName(flag, names);
  return nearest ? "; did you mean '--" + *nearest + "'?" : "";
}

const WithoutEffect* FindWithoutEffect(std::string_view flag) {
  const auto* const found = std::ranges::find(kWithoutEffect, flag, &WithoutEffect::flag);
  return found == kWithoutEffect.end() ? nullptr : found;
}

Result<Flags> ReadFlags(std::span<const std::string> arguments) {
  Flags flags;
  for (const std::string& argument : arguments) {
    if (!argument.starts_with('-')) {
      return InvalidArgument("expected flags such as --model_base_path=FOLDER, found '" + argument + "'");
    }
    std::string_view flag = argument;
    flag.remove_prefix(flag.starts_with("--") ? 2 : 1);
    const size_t equals = std::min(flag.find('='), flag.size());
    const std::string_view name = flag.substr(0, equals);
    if (!IsKnown(name)) {
      return InvalidArgument("unknown flag '--" + std::string(name) + "' of " + std::string(kModelServerName) +
                             Suggestion(name));
    }
    // The last one counts.
    flags[std::string(name)] = equals == flag.size() ? "true" : flag.substr(equals + 1);
  }
  return flags;
}

Result<bool> IsOn(const Flags& flags, std::string_view name, bool otherwise = false) {
  const auto found = flags.find(name);
  if (found == flags.end()) return otherwise;
  Result<bool> on = ParseOnOff(found->second);
  if (on.ok()) return on;
  return std::move(on).status().Within("--" + std::string(name));
}

std::string ValueOf(const Flags& flags, std::string_view name, std::string_view otherwise) {
  const auto found = flags.find(name);
  return found == flags.end() ? std::string(otherwise) : found->second;
}

// 0 is off there, and any free one here.
void AddPort(const Flags& flags, std::string_view flag, const std::string& setting, const std::string& allow,
             std::vector<std::string>& arguments) {
  const auto given = flags.find(flag);
  if (given == flags.end()) return;
  const bool is_off = given->second == "0";
  arguments.push_back("--" + allow + (is_off ? "=off" : "=on"));
  if (!is_off) arguments.push_back("--" + setting + "=" + given->second);
}

Status AddBatching(const Flags& flags, std::vector<std::string>& arguments) {
  const std::string file = ValueOf(flags, "batching_parameters_file", "");
  ASSIGN_OR_RETURN(const bool batches, IsOn(flags, "enable_batching"));
  if (file.empty()) return {};
  if (!batches) {
    return InvalidArgument("You supplied --batching_parameters_file without --enable_batching");
  }
  arguments.push_back("--tfserving-batching=" + file);
  return {};
}

void AddHelp(std::string_view flag, std::string_view meaning, std::string& text) {
  constexpr size_t kColumn = 58;
  std::string line = "  --" + std::string(flag);
  line.resize(std::max(line.size() + 1, kColumn), ' ');
  text += line + std::string(meaning) + "\n";
}

}  // namespace

bool IsModelServer(std::string_view program) {
  const size_t slash = program.rfind('/');
  return program.substr(slash == std::string_view::npos ? 0 : slash + 1) == kModelServerName;
}

bool AsksForModelServerHelp(std::span<const std::string> arguments) {
  return std::ranges::any_of(arguments, [](const std::string& word) { return word == "--help" || word == "-h"; });
}

std::string ModelServerHelp() {
  std::string text = "Serves models to TF Serving's clients until it is told to stop (SIGINT or SIGTERM).\nUsage: " +
                     std::string(kModelServerName) +
                     " [--FLAG=VALUE...]\n\nFlags, and what they are for 'trireme serve', whose --help says more:\n";
  for (const Translation& known : kTranslations) AddHelp(known.flag, "--" + std::string(known.setting), text);
  AddHelp("enable_batching", "always on: batches are found by trial", text);
  for (const Translation& known : kReadBelow) AddHelp(known.flag, "--" + std::string(known.setting), text);
  text += "\nAccepted without effect:\n";
  for (const WithoutEffect& known : kWithoutEffect) AddHelp(known.flag, known.why, text);
  return text;
}

std::string InModelServerWords(std::string message) {
  // Longer names first: some begin like others.
  std::vector<Translation> known(kTranslations.begin(), kTranslations.end());
  known.insert(known.end(), kReadBelow.begin(), kReadBelow.end() - 1);
  std::ranges::sort(known, [](const auto& a, const auto& b) { return a.setting.size() > b.setting.size(); });
  for (const Translation& one : known) {
    for (size_t at = message.find(one.setting); at != std::string::npos; at = message.find(one.setting, at)) {
      message.replace(at, one.setting.size(), one.flag);
      at += one.flag.size();
    }
  }
  return message;
}

Result<std::vector<std::string>> TranslateModelServer(std::span<const std::string> arguments) {
  const auto asks = [&](std::string_view word) { return std::ranges::find(arguments, word) != arguments.end(); };
  if (asks("--version")) return std::vector<std::string>{"version"};
  ASSIGN_OR_RETURN(const Flags flags, ReadFlags(arguments));
  if (flags.contains("ssl_config_file")) {
    return InvalidArgument(
        "--ssl_config_file: expected the certificate and its key in files, as the variables "
        "TRIREME_TLS_CERT and TRIREME_TLS_KEY name them");
  }
  std::vector<std::string> ours = {"serve", "--tfserving-as-command=on"};
  AddPort(flags, "rest_api_port", "tfserving-port", "tfserving-allow-rest", ours);
  AddPort(flags, "port", "tfserving-grpc-port", "tfserving-allow-grpc", ours);
  for (const Translation& known : kTranslations) {
    if (known.flag == "port" || known.flag == "rest_api_port") continue;
    const auto given = flags.find(known.flag);
    if (given != flags.end()) ours.push_back("--" + std::string(known.setting) + "=" + given->second);
  }
  RETURN_IF_ERROR(AddBatching(flags, ours));
  ASSIGN_OR_RETURN(const bool as_content, IsOn(flags, "enable_serialization_as_tensor_content"));
  if (as_content) ours.emplace_back("--tfserving-tensor-content");
  ASSIGN_OR_RETURN(const bool warms_up, IsOn(flags, "enable_model_warmup", /*otherwise=*/true));
  if (!warms_up) ours.emplace_back("--tfserving-warmup=off");
  const std::string load_threads = ValueOf(flags, "num_load_threads", "0");
  if (load_threads != "0") ours.push_back("--model-load-thread-count=" + load_threads);
  for (const auto& [name, value] : flags) {
    const WithoutEffect* const known = FindWithoutEffect(name);
    if (known != nullptr) ours.push_back("--tfserving-ignored=--" + name + " (" + std::string(known->why) + ")");
  }
  return ours;
}

SettingTexts ModelServerDefaults(std::span<const SettingTexts* const> said) {
  const auto is_said = [&](std::initializer_list<std::string_view> settings) {
    return std::ranges::any_of(settings, [&](std::string_view setting) {
      return std::ranges::any_of(said, [&](const SettingTexts* texts) { return texts->contains(setting); });
    });
  };
  SettingTexts defaults;
  const auto let = [&](const std::string& setting, const std::string& value) {
    defaults[setting] = {.where = std::string(kModelServerName), .values = {value}};
  };
  let("dialects", "tfserving");
  let("tfserving-allow-reload", "on");
  if (!is_said({"metrics-port", "metrics-address"})) let("allow-metrics", "off");
  if (!is_said({"tfserving-port", "tfserving-address"})) let("tfserving-allow-rest", "off");
  return defaults;
}

}  // namespace trireme
