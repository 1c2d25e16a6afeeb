// SPDX-License-Identifier: Apache-2.0
#include "shared_memory/cuda_devices.h"

#include <dlfcn.h>

#include <cstddef>

namespace trireme {
namespace {

// As cuda.h has them; the driver's binary interface does not change.
using CUresult = int;
using CUdevice = int;
using CUcontext = void*;
using CUuuid = std::array<uint8_t, 16>;

struct Functions {
  CUresult (*Init)(unsigned) = nullptr;
  CUresult (*Count)(int*) = nullptr;
  CUresult (*DeviceGet)(CUdevice*, int) = nullptr;
  CUresult (*Name)(char*, int, CUdevice) = nullptr;
  CUresult (*Uuid)(CUuuid*, CUdevice) = nullptr;
  CUresult (*RetainContext)(CUcontext*, CUdevice) = nullptr;
  CUresult (*ReleaseContext)(CUdevice) = nullptr;
  CUresult (*PushContext)(CUcontext) = nullptr;
  CUresult (*PopContext)(CUcontext*) = nullptr;
  CUresult (*MemoryInfo)(size_t*, size_t*) = nullptr;
  CUresult (*ErrorName)(CUresult, const char**) = nullptr;
};

template <typename Function>
bool Find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

// The second form of the UUID is that of a slice, the first that of the GPU it is one of.
bool FindAll(void* library, Functions& functions) {
  return Find(library, "cuInit", functions.Init) && Find(library, "cuDeviceGetCount", functions.Count) &&
         Find(library, "cuDeviceGet", functions.DeviceGet) && Find(library, "cuDeviceGetName", functions.Name) &&
         Find(library, "cuDeviceGetUuid_v2", functions.Uuid) &&
         Find(library, "cuDevicePrimaryCtxRetain", functions.RetainContext) &&
         Find(library, "cuDevicePrimaryCtxRelease_v2", functions.ReleaseContext) &&
         Find(library, "cuCtxPushCurrent_v2", functions.PushContext) &&
         Find(library, "cuCtxPopCurrent_v2", functions.PopContext) &&
         Find(library, "cuMemGetInfo_v2", functions.MemoryInfo) && Find(library, "cuGetErrorName", functions.ErrorName);
}

// Only within a context the driver tells what is free. It goes again: one that stays takes some hundred megabytes.
CUresult AskMemory(const Functions& functions, CUdevice device, CudaDevice& found) {
  CUcontext context = nullptr;
  CUresult result = functions.RetainContext(&context, device);
  if (result != 0) return result;
  result = functions.PushContext(context);
  if (result == 0) {
    size_t free = 0;
    size_t total = 0;
    result = functions.MemoryInfo(&free, &total);
    found.free_bytes = free;
    found.total_bytes = total;
    functions.PopContext(&context);
  }
  functions.ReleaseContext(device);
  return result;
}

CUresult Ask(const Functions& functions, CudaDevice& found) {
  CUdevice device = 0;
  CUresult result = functions.DeviceGet(&device, found.index);
  if (result != 0) return result;
  std::array<char, 256> name{};
  result = functions.Name(name.data(), static_cast<int>(name.size()) - 1, device);
  if (result != 0) return result;
  found.name = name.data();
  // The driver says it nowhere else: "NVIDIA H100 80GB HBM3 MIG 1g.10gb".
  found.is_slice = found.name.find(" MIG ") != std::string::npos;
  result = functions.Uuid(&found.uuid, device);
  if (result != 0) return result;
  return AskMemory(functions, device, found);
}

std::string ErrorName(const Functions& functions, CUresult error) {
  const char* name = nullptr;
  return functions.ErrorName(error, &name) == 0 && name != nullptr ? name : "error " + std::to_string(error);
}

}  // namespace

CudaDevices FindCudaDevices(const std::string& library) {
  CudaDevices all;
  void* const opened = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: drivers leave threads behind
  Functions functions;
  if (opened == nullptr || !FindAll(opened, functions) || functions.Init(0) != 0) return all;
  int count = 0;
  if (functions.Count(&count) != 0) return all;
  for (int i = 0; i < count; ++i) {
    CudaDevice found{.index = i};
    const CUresult result = Ask(functions, found);
    if (result == 0) {
      all.devices.push_back(std::move(found));
    } else {
      all.problems.push_back("GPU " + std::to_string(i) + " cannot be used: " + ErrorName(functions, result));
    }
  }
  return all;
}

}  // namespace trireme
