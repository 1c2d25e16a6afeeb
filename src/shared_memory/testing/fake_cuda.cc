// SPDX-License-Identifier: Apache-2.0
// A CUDA driver without a GPU, as a library of its own that is opened in the real one's place: "device" memory is this
// process's own, and a handle is its address and size.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

constexpr int kInvalidValue = 1;
constexpr int kInvalidDevice = 101;

struct Handle {
  uint64_t address;
  uint64_t bytes;
  char rest[48];
};
Handle last;
int open_handles = 0;

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED int cuInit(unsigned) {
  return 0;
}
EXPORTED int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal == 0 ? 0 : kInvalidDevice;
}
EXPORTED int cuDevicePrimaryCtxRetain(void** context, int) {
  *context = &last;
  return 0;
}
EXPORTED int cuCtxPushCurrent_v2(void*) {
  return 0;
}
EXPORTED int cuCtxPopCurrent_v2(void** context) {
  *context = &last;
  return 0;
}
EXPORTED int cuIpcOpenMemHandle_v2(unsigned long long* address, Handle handle, unsigned) {
  if (handle.address == 0) return kInvalidValue;
  last = handle;
  open_handles += 1;
  *address = handle.address;
  return 0;
}
EXPORTED int cuIpcCloseMemHandle(unsigned long long) {
  open_handles -= 1;
  return 0;
}
EXPORTED int cuMemGetAddressRange_v2(unsigned long long* base, size_t* bytes, unsigned long long) {
  *base = last.address;
  *bytes = last.bytes;
  return 0;
}
EXPORTED int cuMemcpyDtoH_v2(void* host, unsigned long long device, size_t bytes) {
  std::memcpy(host, reinterpret_cast<const void*>(device), bytes);
  return 0;
}
EXPORTED int cuMemcpyHtoD_v2(unsigned long long device, const void* host, size_t bytes) {
  std::memcpy(reinterpret_cast<void*>(device), host, bytes);
  return 0;
}
EXPORTED int cuGetErrorName(int error, const char** name) {
  *name = error == kInvalidDevice ? "CUDA_ERROR_INVALID_DEVICE" : "CUDA_ERROR_INVALID_VALUE";
  return 0;
}
// For the test: handles that are open.
EXPORTED int fake_cuda_open_handles() {
  return open_handles;
}
