// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/session_options.h"

#include <onnxruntime_session_options_config_keys.h>

#include "backends/onnx/ort_error.h"

namespace trireme::onnx {
namespace {

struct Setting {
  const char* key;
  const char* value;
};

// Threads that share a run hand one another pieces of a few microseconds: asleep between them they would take twice as
// long. When the run ends they sleep, because other models want the processors.
const Setting kSpinWhileRunning[] = {
    {kOrtSessionOptionsConfigAllowIntraOpSpinning, "1"},
    {kOrtSessionOptionsConfigForceSpinningStop, "1"},
};
const Setting kNeverSpin[] = {
    {kOrtSessionOptionsConfigAllowIntraOpSpinning, "0"},
    {kOrtSessionOptionsConfigForceSpinningStop, "0"},
};

const Setting kSettings[] = {
    {kOrtSessionOptionsConfigUseEnvAllocators, "1"},
    // Weights outside the arena: they are never reused, and go back to the system with their model.
    {kOrtSessionOptionsUseDeviceAllocatorForInitializers, "1"},
};

}  // namespace

Result<Handle<OrtSessionOptions>> MakeSessionOptions(const OrtApi& api, int threads,
                                                     const std::filesystem::path& folder) {
  OrtSessionOptions* made = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CreateSessionOptions(&made)));
  Handle<OrtSessionOptions> options(made, api.ReleaseSessionOptions);
  RETURN_IF_ERROR(ToStatus(api, api.SetSessionGraphOptimizationLevel(made, ORT_ENABLE_ALL)));
  RETURN_IF_ERROR(ToStatus(api, api.SetSessionExecutionMode(made, ORT_SEQUENTIAL)));
  RETURN_IF_ERROR(ToStatus(api, api.SetIntraOpNumThreads(made, threads)));
  RETURN_IF_ERROR(ToStatus(api, api.SetInterOpNumThreads(made, 1)));
  for (const Setting& setting : threads > 1 ? kSpinWhileRunning : kNeverSpin) {
    RETURN_IF_ERROR(ToStatus(api, api.AddSessionConfigEntry(made, setting.key, setting.value)));
  }
  for (const Setting& setting : kSettings) {
    RETURN_IF_ERROR(ToStatus(api, api.AddSessionConfigEntry(made, setting.key, setting.value)));
  }
  // Where models that come as bytes have their data files.
  RETURN_IF_ERROR(ToStatus(
      api, api.AddSessionConfigEntry(made, kOrtSessionOptionsModelExternalInitializersFileFolderPath, folder.c_str())));
  return options;
}

}  // namespace trireme::onnx
