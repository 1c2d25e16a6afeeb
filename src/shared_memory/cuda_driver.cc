// SPDX-License-Identifier: Apache-2.0
#include "shared_memory/cuda_driver.h"

#include <dlfcn.h>

#include <array>
#include <cstring>
#include <utility>

namespace trireme {
namespace {

// As cuda.h has them; the driver's binary interface does not change.
using CUresult = int;
using CUdevice = int;
using CUcontext = void*;
using CUdeviceptr = unsigned long long;  // NOLINT(google-runtime-int): the driver's own type
struct CUipcMemHandle {
  std::array<char, CudaDriver::kHandleBytes> reserved;
};
constexpr unsigned kLazyEnablePeerAccess = 1;

struct Functions {
  CUresult (*Init)(unsigned) = nullptr;
  CUresult (*DeviceGet)(CUdevice*, int) = nullptr;
  CUresult (*RetainContext)(CUcontext*, CUdevice) = nullptr;
  CUresult (*PushContext)(CUcontext) = nullptr;
  CUresult (*PopContext)(CUcontext*) = nullptr;
  CUresult (*OpenHandle)(CUdeviceptr*, CUipcMemHandle, unsigned) = nullptr;
  CUresult (*CloseHandle)(CUdeviceptr) = nullptr;
  CUresult (*AddressRange)(CUdeviceptr*, size_t*, CUdeviceptr) = nullptr;
  CUresult (*ToHost)(void*, CUdeviceptr, size_t) = nullptr;
  CUresult (*ToDevice)(CUdeviceptr, const void*, size_t) = nullptr;
  CUresult (*ErrorName)(CUresult, const char**) = nullptr;
};

template <typename Function>
bool Find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

bool FindAll(void* library, Functions& functions) {
  return Find(library, "cuInit", functions.Init) && Find(library, "cuDeviceGet", functions.DeviceGet) &&
         Find(library, "cuDevicePrimaryCtxRetain", functions.RetainContext) &&
         Find(library, "cuCtxPushCurrent_v2", functions.PushContext) &&
         Find(library, "cuCtxPopCurrent_v2", functions.PopContext) &&
         Find(library, "cuIpcOpenMemHandle_v2", functions.OpenHandle) &&
         Find(library, "cuIpcCloseMemHandle", functions.CloseHandle) &&
         Find(library, "cuMemGetAddressRange_v2", functions.AddressRange) &&
         Find(library, "cuMemcpyDtoH_v2", functions.ToHost) && Find(library, "cuMemcpyHtoD_v2", functions.ToDevice) &&
         Find(library, "cuGetErrorName", functions.ErrorName);
}

std::string ErrorName(const Functions& functions, CUresult error) {
  const char* name = nullptr;
  return functions.ErrorName(error, &name) == 0 && name != nullptr ? name : "error " + std::to_string(error);
}

// Makes a device's context the calling thread's, for a scope.
class InContext {
 public:
  InContext(const Functions& functions, CUcontext context) : functions_(functions) {
    pushed_ = functions_.PushContext(context) == 0;
  }
  ~InContext() {
    CUcontext context = nullptr;
    if (pushed_) functions_.PopContext(&context);
  }
  InContext(const InContext&) = delete;
  InContext& operator=(const InContext&) = delete;

 private:
  const Functions& functions_;
  bool pushed_ = false;
};

class DriverMapping final : public CudaMapping {
 public:
  DriverMapping(std::shared_ptr<const Functions> functions, CUcontext context, CUdeviceptr address, uint64_t bytes)
      : functions_(std::move(functions)), context_(context), address_(address), bytes_(bytes) {}
  ~DriverMapping() override {
    const InContext here(*functions_, context_);
    functions_->CloseHandle(address_);
  }

  uint64_t address() const override { return address_; }
  uint64_t bytes() const override { return bytes_; }

  Status CopyToHost(uint64_t offset, std::span<std::byte> host) const override {
    const InContext here(*functions_, context_);
    return Check(functions_->ToHost(host.data(), address_ + offset, host.size()));
  }
  Status CopyFromHost(std::span<const std::byte> host, uint64_t offset) const override {
    const InContext here(*functions_, context_);
    return Check(functions_->ToDevice(address_ + offset, host.data(), host.size()));
  }

 private:
  Status Check(CUresult result) const {
    if (result == 0) return {};
    return Internal("copying from or to CUDA shared memory: " + ErrorName(*functions_, result));
  }

  const std::shared_ptr<const Functions> functions_;  // shared with the driver, which may be gone first
  const CUcontext context_;
  const CUdeviceptr address_;
  const uint64_t bytes_;
};

class LoadedDriver final : public CudaDriver {
 public:
  explicit LoadedDriver(Functions functions) : functions_(std::make_shared<const Functions>(functions)) {}

  Result<std::shared_ptr<CudaMapping>> Map(int device, std::span<const std::byte> handle) override {
    CUdevice chosen = 0;
    CUcontext context = nullptr;
    CUresult result = functions_->DeviceGet(&chosen, device);
    if (result == 0) result = functions_->RetainContext(&context, chosen);  // kept: a device has one for the process
    if (result != 0) {
      return InvalidArgument("device_id: there is no GPU " + std::to_string(device) + " (" +
                             ErrorName(*functions_, result) + ")");
    }
    const InContext here(*functions_, context);
    CUipcMemHandle copied;
    std::memcpy(copied.reserved.data(), handle.data(), kHandleBytes);
    CUdeviceptr address = 0;
    CUdeviceptr base = 0;
    size_t bytes = 0;
    result = functions_->OpenHandle(&address, copied, kLazyEnablePeerAccess);
    if (result != 0) {
      return InvalidArgument("raw_handle: expected the handle of another process's memory: " +
                             ErrorName(*functions_, result));
    }
    // Of what it lends, how much lies behind the handle's address.
    if (functions_->AddressRange(&base, &bytes, address) != 0) bytes = 0;
    const uint64_t usable = address >= base && address - base <= bytes ? bytes - (address - base) : 0;
    return std::shared_ptr<CudaMapping>(std::make_shared<DriverMapping>(functions_, context, address, usable));
  }

 private:
  const std::shared_ptr<const Functions> functions_;  // shared with its mappings
};

}  // namespace

Result<std::shared_ptr<CudaDriver>> CudaDriver::Open(const std::string& library) {
  void* const opened = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: drivers leave threads behind
  Functions functions;
  if (opened == nullptr || !FindAll(opened, functions)) return Unsupported("GPUs not supported");
  if (functions.Init(0) != 0) return Unsupported("GPUs not supported: the driver finds none");
  return std::shared_ptr<CudaDriver>(std::make_shared<LoadedDriver>(functions));
}

}  // namespace trireme
