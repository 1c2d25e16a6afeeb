// SPDX-License-Identifier: Apache-2.0
#include "app/model_server_command.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

// Flags with a value that have a setting of ours.
struct Translation {
  std::string_view flag;
  std::string_view setting;
};
constexpr std::array<Translation, 7> kTranslations = {{
    {"model_base_path", "tfserving-model-base-path"},
    {"model_name", "tfserving-model-name"},
    {"model_config_file", "tfserving-config"},
    {"model_config_file_poll_wait_seconds", "tfserving-config-poll"},
    {"monitoring_config_file", "tfserving-monitoring"},
    {"rest_api_port", "tfserving-port"},
    {"port", "tfserving-grpc-port"},
}};

// Flags that are read by the functions below.
constexpr auto kOthers =
    std::to_array<std::string_view>({"enable_batching", "batching_parameters_file",
                                     "enable_serialization_as_tensor_content", "num_load_threads", "ssl_config_file"});

// Flags that may be given, and change nothing: either there is no such thing here, or it is always so.
constexpr auto kWithoutEffect = std::to_array<std::string_view>({
    "allow_version_labels_for_unavailable_models",
    "enable_cors_support",
    "enable_grpc_healthcheck_service",
    "enable_model_warmup",
    "enable_per_model_batching_parameters",
    "enable_profiler",
    "enable_signature_method_name_check",
    "enforce_session_run_timeout",
    "file_system_poll_wait_seconds",
    "flush_filesystem_caches",
    "force_allow_any_version_labels_for_unavailable_models",
    "grpc_channel_arguments",
    "grpc_max_threads",
    "grpc_socket_path",
    "http_timeout_in_ms",
    "load_retry_interval_micros",
    "max_num_load_retries",
    "mixed_precision",
    "num_request_iterations_for_warmup",
    "num_tflite_interpreters",
    "num_tflite_interpreters_per_pool",
    "num_tflite_pools",
    "num_unload_threads",
    "per_process_gpu_memory_fraction",
    "platform_config_file",
    "prefer_tflite_model",
    "remove_unused_fields_from_bundle_metagraph",
    "rest_api_enable_cors_support",
    "rest_api_num_threads",
    "rest_api_timeout_in_ms",
    "saved_model_tags",
    "skip_initialize_tpu",
    "tensorflow_inter_op_parallelism",
    "tensorflow_intra_op_parallelism",
    "tensorflow_session_parallelism",
    "thread_pool_factory_config_file",
    "use_alts_credentials",
    "use_tflite_model",
});

// By the flag's name, without dashes; a flag without a value is "true".
using Flags = std::map<std::string, std::string, std::less<>>;

bool IsTranslated(std::string_view flag) {
  return std::ranges::any_of(kTranslations, [&](const Translation& known) { return known.flag == flag; });
}

template <size_t count>
bool Has(const std::array<std::string_view, count>& names, std::string_view flag) {
  return std::ranges::find(names, flag) != names.end();
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
    if (!IsTranslated(name) && !Has(kOthers, name) && !Has(kWithoutEffect, name)) {
      return InvalidArgument("unknown flag '--" + std::string(name) + "' of " + std::string(kModelServerName));
    }
    // The last one counts.
    flags[std::string(name)] = equals == flag.size() ? "true" : flag.substr(equals + 1);
  }
  return flags;
}

Result<bool> IsOn(const Flags& flags, std::string_view name) {
  const auto found = flags.find(name);
  if (found == flags.end()) return false;
  Result<bool> on = ParseOnOff(found->second);
  if (on.ok()) return on;
  return std::move(on).status().Within("--" + std::string(name));
}

std::string ValueOf(const Flags& flags, std::string_view name, std::string_view otherwise) {
  const auto found = flags.find(name);
  return found == flags.end() ? std::string(otherwise) : found->second;
}

// Ports: 0 is off there, and any free one here.
void AddPorts(const Flags& flags, std::vector<std::string>& arguments) {
  const std::string rest = ValueOf(flags, "rest_api_port", "0");
  const std::string grpc = ValueOf(flags, "port", "8500");
  arguments.push_back(rest == "0" ? "--tfserving-allow-rest=off" : "--tfserving-port=" + rest);
  arguments.push_back(grpc == "0" ? "--tfserving-allow-grpc=off" : "--tfserving-grpc-port=" + grpc);
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

}  // namespace

bool IsModelServer(std::string_view program) {
  const size_t slash = program.rfind('/');
  return program.substr(slash == std::string_view::npos ? 0 : slash + 1) == kModelServerName;
}

Result<std::vector<std::string>> TranslateModelServer(std::span<const std::string> arguments) {
  const auto asks = [&](std::string_view word) { return std::ranges::find(arguments, word) != arguments.end(); };
  if (asks("--version")) return std::vector<std::string>{"version"};
  if (asks("--help") || asks("-h")) return std::vector<std::string>{"serve", "--help"};
  ASSIGN_OR_RETURN(const Flags flags, ReadFlags(arguments));
  if (flags.contains("ssl_config_file")) {
    return InvalidArgument(
        "--ssl_config_file: expected the certificate and its key in files, as the variables "
        "TRIREME_TLS_CERT and TRIREME_TLS_KEY name them");
  }
  std::vector<std::string> ours = {"serve", "--dialects=tfserving", "--allow-metrics=off", "--tfserving-as-command=on",
                                   "--tfserving-allow-reload=on"};
  AddPorts(flags, ours);
  for (const Translation& known : kTranslations) {
    if (known.flag == "port" || known.flag == "rest_api_port") continue;
    const auto given = flags.find(known.flag);
    if (given != flags.end()) ours.push_back("--" + std::string(known.setting) + "=" + given->second);
  }
  if (!flags.contains("model_name") && flags.contains("model_base_path")) {
    ours.emplace_back("--tfserving-model-name=default");
  }
  RETURN_IF_ERROR(AddBatching(flags, ours));
  ASSIGN_OR_RETURN(const bool as_content, IsOn(flags, "enable_serialization_as_tensor_content"));
  if (as_content) ours.emplace_back("--tfserving-tensor-content");
  const std::string load_threads = ValueOf(flags, "num_load_threads", "0");
  if (load_threads != "0") ours.push_back("--model-load-thread-count=" + load_threads);
  for (const auto& [name, value] : flags) {
    if (Has(kWithoutEffect, name)) ours.push_back("--tfserving-ignored=--" + name);
  }
  return ours;
}

}  // namespace trireme
