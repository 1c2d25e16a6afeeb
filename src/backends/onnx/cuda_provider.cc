// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/cuda_provider.h"

#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "backends/onnx/ort_error.h"

namespace trireme::onnx {
namespace {

constexpr const char* kProviderLibrary = "libonnxruntime_providers_cuda.so";

std::map<std::string, std::string> EntriesOf(const Device& device, uint64_t device_bytes,
                                             const SessionSettings& settings) {
  // It grows by what is asked for, not to the next power of two.
  std::map<std::string, std::string> entries = {{"arena_extend_strategy", "kSameAsRequested"}};
  if (device_bytes > 0) entries["gpu_mem_limit"] = std::to_string(device_bytes);
  for (const auto& [key, value] : settings.cuda_entries) entries[key] = value;
  entries["device_id"] = std::to_string(device.index);
  return entries;
}

}  // namespace

Status CudaProvider::Append(OrtSessionOptions* options, const Device& device, uint64_t device_bytes,
                            const SessionSettings& settings) const {
  const OrtApi& api = runtime_.api();
  OrtCUDAProviderOptionsV2* made = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CreateCUDAProviderOptions(&made)));
  const Handle<OrtCUDAProviderOptionsV2> provider(made, api.ReleaseCUDAProviderOptions);
  const std::map<std::string, std::string> entries = EntriesOf(device, device_bytes, settings);
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : entries) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  RETURN_IF_ERROR(ToStatus(api, api.UpdateCUDAProviderOptions(made, keys.data(), values.data(), keys.size())));
  return ToStatus(api, api.SessionOptionsAppendExecutionProvider_CUDA_V2(options, made));
}

// Why not; empty: it can be used.
std::string CudaProvider::TryOnce(const Device& device) const {
  std::error_code error;
  if (!std::filesystem::exists(runtime_.folder() / kProviderLibrary, error)) {
    return std::string(kProviderLibrary) +
           " is not beside libonnxruntime.so.1; install the GPU build of ONNX Runtime " + runtime_.version() +
           " and name its folder in ONNXRUNTIME_ROOT";
  }
  const OrtApi& api = runtime_.api();
  OrtSessionOptions* made = nullptr;
  if (const Status status = ToStatus(api, api.CreateSessionOptions(&made)); !status.ok()) return status.message();
  const Handle<OrtSessionOptions> options(made, api.ReleaseSessionOptions);
  const Status appended = Append(made, device, 0, {});
  if (appended.ok()) return {};
  return appended.message() +
         "; it needs the CUDA 13 libraries (cudart, cublas, cublasLt, curand, cufft, nvrtc) and cuDNN 9 for them where "
         "the dynamic linker looks, as in LD_LIBRARY_PATH";
}

Status CudaProvider::RunsOn(const Device& device) const {
  if (device.kind == DeviceKind::kCpu) return {};
  const MutexLock lock(mutex_);
  if (!missing_) missing_ = TryOnce(device);
  if (missing_->empty()) return {};
  return Unsupported("ONNX models run on cpu alone here, not on " + device.ToString() + ": " + *missing_);
}

}  // namespace trireme::onnx
