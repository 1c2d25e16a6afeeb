// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/session_settings.h"

#include <onnxruntime_session_options_config_keys.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/letter_case.h"

namespace trireme::onnx {
namespace {

constexpr int kMaxInterOpThreads = 1024;
constexpr size_t kMaxShownBytes = 64;
constexpr std::string_view kSessionPrefix = "session.";

Status Wrong(std::string_view key, std::string_view expected, std::string_view found) {
  const std::string shown(found.substr(0, kMaxShownBytes));
  return InvalidArgument("parameters[\"" + std::string(key) + "\"]: expected " + std::string(expected) + ", found \"" +
                         shown + (found.size() > shown.size() ? "...\"" : "\""));
}

Result<bool> ReadBool(std::string_view key, std::string_view text) {
  if (text == "1" || SameIgnoringCase(text, "true")) return true;
  if (text == "0" || SameIgnoringCase(text, "false")) return false;
  return Wrong(key, "1 or 0", text);
}

Result<int64_t> ReadNumber(std::string_view key, std::string_view text, int64_t most) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= most) return number;
  return Wrong(key, "a number from 0 to " + std::to_string(most), text);
}

// "cpu:0", or several devices with ";" between them, of which this server has one.
Status ReadShrinkage(std::string_view key, std::string_view text, SessionSettings& settings) {
  const std::string_view expected = "devices with an arena, as in \"cpu:0\"";
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view device = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (device == "cpu:0" || device == "cpu") {
      settings.shrink_arena = true;
    } else if (device.starts_with("gpu:")) {
      settings.ignored.push_back(std::string(key) + " (" + std::string(device) + ")");
    } else {
      return Wrong(key, expected, text);
    }
  }
  return text.empty() ? Wrong(key, expected, text) : Status();
}

Status ReadMode(std::string_view key, std::string_view text, SessionSettings& settings) {
  if (text != "0" && text != "1") return Wrong(key, "0 (sequential) or 1 (parallel)", text);
  settings.parallel = text == "1";
  return {};
}

// A setting that goes to the runtime by its own name.
struct Entry {
  std::string_view key;
  int64_t most = 1;  // a number from 0 on; 1: a switch
};

const Entry kEntries[] = {
    {kOrtSessionOptionsUseDeviceAllocatorForInitializers},
    {kOrtSessionOptionsConfigDisablePrepacking},
    {kOrtSessionOptionsConfigAllowIntraOpSpinning},
    {kOrtSessionOptionsConfigAllowInterOpSpinning},
    {kOrtSessionOptionsConfigForceSpinningStop},
    {kOrtSessionOptionsDisableQuantQDQ},
    {kOrtSessionOptionsDisableDoubleQDQRemover},
    {kOrtSessionOptionsEnableQuantQDQCleanup},
    {kOrtSessionOptionsQDQIsInt8Allowed},
    {kOrtSessionOptionsAvx2PrecisionMode},
    {kOrtSessionOptionsDisableAheadOfTimeFunctionInlining},
    {kOrtSessionOptionsConfigStrictShapeTypeInference},
    {kOrtSessionOptionsConfigDynamicBlockBase, 1 << 16},
    {kOrtSessionOptionsQDQMatMulNBitsAccuracyLevel, 4},
};

// Whether a switch is spelled "true" is ours to know: the runtime wants a digit.
Status ReadEntry(std::string_view key, std::string_view text, SessionSettings& settings) {
  const Entry* entry =
      std::find_if(std::begin(kEntries), std::end(kEntries), [&](const Entry& e) { return e.key == key; });
  if (entry == std::end(kEntries)) {
    return InvalidArgument("parameters[\"" + std::string(key) +
                           "\"]: this server does not hand that setting on to ONNX Runtime; leave it out");
  }
  std::string value;
  if (entry->most == 1) {
    ASSIGN_OR_RETURN(const bool on, ReadBool(key, text));
    value = on ? "1" : "0";
  } else {
    ASSIGN_OR_RETURN(const int64_t number, ReadNumber(key, text, entry->most));
    value = std::to_string(number);
  }
  settings.entries.emplace_back(key, std::move(value));
  return {};
}

// Of models on a GPU, by Triton's numbers; false: it is no setting of those.
Result<bool> ReadCudaSetting(std::string_view key, std::string_view text, SessionSettings& settings) {
  static constexpr std::array<const char*, 3> kSearches = {"EXHAUSTIVE", "HEURISTIC", "DEFAULT"};
  static constexpr std::array<const char*, 2> kStrategies = {"kNextPowerOfTwo", "kSameAsRequested"};
  std::string value;
  if (key == "gpu_mem_limit") {
    ASSIGN_OR_RETURN(const int64_t bytes, ReadNumber(key, text, std::numeric_limits<int64_t>::max()));
    value = std::to_string(bytes);
  } else if (key == "cudnn_conv_algo_search") {
    ASSIGN_OR_RETURN(const int64_t search, ReadNumber(key, text, kSearches.size() - 1));
    value = kSearches.at(static_cast<size_t>(search));
  } else if (key == "arena_extend_strategy") {
    ASSIGN_OR_RETURN(const int64_t strategy, ReadNumber(key, text, kStrategies.size() - 1));
    value = kStrategies.at(static_cast<size_t>(strategy));
  } else {
    return false;
  }
  settings.cuda_entries.emplace_back(key, std::move(value));
  return true;
}

Status ReadSetting(std::string_view key, std::string_view text, SessionSettings& settings) {
  if (key.starts_with(kSessionPrefix)) return ReadEntry(key, text, settings);
  if (key == "execution_mode") return ReadMode(key, text, settings);
  if (key == "memory.enable_memory_arena_shrinkage") return ReadShrinkage(key, text, settings);
  if (key == "inter_op_thread_count") {
    ASSIGN_OR_RETURN(const int64_t threads, ReadNumber(key, text, kMaxInterOpThreads));
    settings.inter_op_threads = static_cast<int>(threads);
  } else if (key == "enable_mem_arena") {
    ASSIGN_OR_RETURN(settings.memory_arena, ReadBool(key, text));
  } else if (key == "enable_mem_pattern") {
    ASSIGN_OR_RETURN(settings.memory_pattern, ReadBool(key, text));
  } else if (key == "map_weights") {
    ASSIGN_OR_RETURN(settings.map_weights, ReadBool(key, text));
  } else if (key == "share_session_between_instances") {
    // It is always shared.
    ASSIGN_OR_RETURN([[maybe_unused]] const bool shared, ReadBool(key, text));
  } else if (key != "intra_op_thread_count") {  // which has become OpenOptions::threads
    settings.ignored.emplace_back(key.substr(0, kMaxShownBytes));
  }
  return {};
}

// Triton's numbers; it takes any other for "all".
SessionSettings::Optimization ReadOptimization(std::optional<int> level) {
  if (level == -1) return SessionSettings::Optimization::kBasic;
  if (level == 1) return SessionSettings::Optimization::kExtended;
  if (level == 2) return SessionSettings::Optimization::kNone;
  return SessionSettings::Optimization::kAll;
}

}  // namespace

Result<SessionSettings> ReadSessionSettings(const OpenOptions& options) {
  SessionSettings settings;
  settings.threads = options.threads;
  settings.optimization = ReadOptimization(options.graph_optimization);
  if (options.graph_optimization.value_or(0) < -1 || options.graph_optimization.value_or(0) > 2) {
    settings.ignored.push_back("optimization.graph.level " + std::to_string(*options.graph_optimization));
  }
  for (const auto& [key, text] : options.runtime_parameters) {
    bool is_cuda = false;
    if (options.device.kind != DeviceKind::kCpu) {
      ASSIGN_OR_RETURN(is_cuda, ReadCudaSetting(key, text, settings));
    }
    if (!is_cuda) RETURN_IF_ERROR(ReadSetting(key, text, settings));
  }
  // Without an arena there is nothing to shrink, and the runtime would fail every run that asks for it.
  if (!settings.memory_arena) settings.shrink_arena = false;
  return settings;
}

}  // namespace trireme::onnx
