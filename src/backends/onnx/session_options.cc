// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/session_options.h"

#include <onnxruntime_run_options_config_keys.h>
#include <onnxruntime_session_options_config_keys.h>

#include <map>
#include <string>

#include "backends/onnx/ort_error.h"

namespace trireme::onnx {
namespace {

GraphOptimizationLevel LevelOf(SessionSettings::Optimization optimization) {
  switch (optimization) {
    case SessionSettings::Optimization::kAll:
      return ORT_ENABLE_ALL;
    case SessionSettings::Optimization::kExtended:
      return ORT_ENABLE_EXTENDED;
    case SessionSettings::Optimization::kBasic:
      return ORT_ENABLE_BASIC;
    case SessionSettings::Optimization::kNone:
      return ORT_DISABLE_ALL;
  }
  return ORT_ENABLE_ALL;
}

std::map<std::string, std::string> EntriesOf(const SessionSettings& settings, const std::filesystem::path& folder) {
  // Threads that share a run hand one another pieces of a few microseconds: asleep between them they would take twice
  // as long. When the run ends they sleep, because other models want the processors.
  const std::string spin(1, settings.threads > 1 ? '1' : '0');
  std::map<std::string, std::string> entries = {
      {kOrtSessionOptionsConfigAllowIntraOpSpinning, spin},
      {kOrtSessionOptionsConfigAllowInterOpSpinning, "0"},
      {kOrtSessionOptionsConfigForceSpinningStop, spin},
      // Weights outside the arena: they are never reused, and go back to the system with their model.
      {kOrtSessionOptionsUseDeviceAllocatorForInitializers, "1"},
  };
  for (const auto& [key, value] : settings.entries) entries[key] = value;
  entries[kOrtSessionOptionsConfigUseEnvAllocators] = std::string(1, settings.memory_arena ? '1' : '0');
  entries[kOrtSessionOptionsModelExternalInitializersFileFolderPath] = folder.string();
  return entries;
}

Status SetMemory(const OrtApi& api, OrtSessionOptions* options, const SessionSettings& settings) {
  if (!settings.memory_arena) RETURN_IF_ERROR(ToStatus(api, api.DisableCpuMemArena(options)));
  if (!settings.memory_pattern) RETURN_IF_ERROR(ToStatus(api, api.DisableMemPattern(options)));
  return {};
}

}  // namespace

Result<Handle<OrtSessionOptions>> MakeSessionOptions(const OrtApi& api, const SessionSettings& settings,
                                                     const std::filesystem::path& folder) {
  OrtSessionOptions* made = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CreateSessionOptions(&made)));
  Handle<OrtSessionOptions> options(made, api.ReleaseSessionOptions);
  RETURN_IF_ERROR(ToStatus(api, api.SetSessionGraphOptimizationLevel(made, LevelOf(settings.optimization))));
  const ExecutionMode mode = settings.parallel ? ORT_PARALLEL : ORT_SEQUENTIAL;
  RETURN_IF_ERROR(ToStatus(api, api.SetSessionExecutionMode(made, mode)));
  RETURN_IF_ERROR(ToStatus(api, api.SetIntraOpNumThreads(made, settings.threads)));
  if (settings.may_be_helped) RETURN_IF_ERROR(ToStatus(api, api.DisablePerSessionThreads(made)));
  RETURN_IF_ERROR(ToStatus(api, api.SetInterOpNumThreads(made, settings.parallel ? settings.inter_op_threads : 1)));
  RETURN_IF_ERROR(SetMemory(api, made, settings));
  for (const auto& [key, value] : EntriesOf(settings, folder)) {
    RETURN_IF_ERROR(ToStatus(api, api.AddSessionConfigEntry(made, key.c_str(), value.c_str())));
  }
  return options;
}

Result<Handle<OrtRunOptions>> MakeRunOptions(const OrtApi& api, const SessionSettings& settings) {
  OrtRunOptions* made = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CreateRunOptions(&made)));
  Handle<OrtRunOptions> options(made, api.ReleaseRunOptions);
  RETURN_IF_ERROR(ToStatus(api, api.RunOptionsSetRunLogSeverityLevel(made, ORT_LOGGING_LEVEL_FATAL)));
  if (settings.shrink_arena) {
    RETURN_IF_ERROR(
        ToStatus(api, api.AddRunConfigEntry(made, kOrtRunOptionsConfigEnableMemoryArenaShrinkage, "cpu:0")));
  }
  return options;
}

}  // namespace trireme::onnx
