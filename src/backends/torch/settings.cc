// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/settings.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/excerpt.h"
#include "base/letter_case.h"

namespace trireme::torch_backend {
namespace {

constexpr size_t kMaxShownBytes = 64;

// Switches of Triton's that stand for what is always so here, or for what this backend does not do.
constexpr std::array kWithoutEffect = {
    "ENABLE_NVFUSER",        "ENABLE_TENSOR_FUSER",   "ENABLE_JIT_EXECUTOR", "ENABLE_JIT_PROFILING",
    "ENABLE_CACHE_CLEANING", "ENABLE_WEIGHT_SHARING", "DISABLE_CUDNN",       "ENABLE_CUDNN",
};

Status Wrong(std::string_view key, std::string_view expected, std::string_view found) {
  return InvalidArgument("parameters[\"" + std::string(key) + "\"]: expected " + std::string(expected) + ", found " +
                         Excerpt(found, kMaxShownBytes));
}

Result<bool> ReadBool(std::string_view key, std::string_view text) {
  if (text == "1" || SameIgnoringCase(text, "true")) return true;
  if (text == "0" || SameIgnoringCase(text, "false")) return false;
  return Wrong(key, "true or false", text);
}

Result<Settings::Execution> ReadExecution(std::string_view key, std::string_view text) {
  for (const auto execution : {Settings::Execution::kAuto, Settings::Execution::kPlain, Settings::Execution::kFreeze,
                               Settings::Execution::kOfi}) {
    if (text == Name(execution)) return execution;
  }
  return Wrong(key, "auto, plain, freeze or ofi", text);
}

Result<bool> ReadPrecision(std::string_view key, std::string_view text, const Device& device) {
  if (text == "fp32") return false;
  if (text != "fp16") return Wrong(key, "fp32, or fp16 on a GPU", text);
  if (device.kind == DeviceKind::kCpu) return Wrong(key, "fp32, as the model runs on the CPU", text);
  return true;
}

// Those of Triton's that take numbers: how many threads there are the server decides.
Status CheckNumber(std::string_view key, std::string_view text) {
  const bool is_number = !text.empty() && text.size() < 6 &&
                         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? Status() : Wrong(key, "a number", text);
}

Status ReadSetting(std::string_view key, std::string_view text, const Device& device, Settings& settings) {
  if (key == "optimize") {
    ASSIGN_OR_RETURN(settings.execution, ReadExecution(key, text));
  } else if (key == "precision") {
    ASSIGN_OR_RETURN(settings.half, ReadPrecision(key, text, device));
  } else if (key == "DISABLE_OPTIMIZED_EXECUTION") {
    ASSIGN_OR_RETURN(const bool disabled, ReadBool(key, text));
    settings.optimized = !disabled;
  } else if (key == "INFERENCE_MODE") {
    ASSIGN_OR_RETURN(settings.inference_mode, ReadBool(key, text));
  } else if (key == "INTER_OP_THREAD_COUNT" || key == "INTRA_OP_THREAD_COUNT") {
    RETURN_IF_ERROR(CheckNumber(key, text));
    settings.ignored.emplace_back(key);
  } else {
    if (std::find(kWithoutEffect.begin(), kWithoutEffect.end(), key) != kWithoutEffect.end()) {
      RETURN_IF_ERROR(ReadBool(key, text).status());
    }
    settings.ignored.emplace_back(key.substr(0, kMaxShownBytes));
  }
  return {};
}

}  // namespace

std::string_view Name(Settings::Execution execution) {
  switch (execution) {
    case Settings::Execution::kAuto:
      return "auto";
    case Settings::Execution::kPlain:
      return "plain";
    case Settings::Execution::kFreeze:
      return "freeze";
    case Settings::Execution::kOfi:
      return "ofi";
  }
  return "auto";
}

Result<Settings> ReadSettings(const OpenOptions& options) {
  Settings settings;
  settings.threads = std::max(1, options.threads);
  for (const auto& [key, text] : options.runtime_parameters) {
    RETURN_IF_ERROR(ReadSetting(key, text, options.device, settings));
  }
  return settings;
}

}  // namespace trireme::torch_backend
