// SPDX-License-Identifier: Apache-2.0
// A CUDA driver without a GPU, as a library of its own that is opened in the real one's place: "device" memory is this
// process's own, and a handle is its address and size.
//
// FAKE_CUDA_GPUS says which GPUs there are, by the bytes that are free on each: "1000,mig:2000,busy" has one of a
// thousand bytes, a slice of two thousand, and one that cannot be used. Without it there is one, of which nobody knows
// anything.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

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

constexpr int kUnavailable = 46;

// As FAKE_CUDA_GPUS has them.
std::vector<std::string> Gpus() {
  const char* const set = std::getenv("FAKE_CUDA_GPUS");
  std::vector<std::string> gpus;
  std::string rest = set == nullptr ? "" : set;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    gpus.push_back(rest.substr(0, end));
    rest.erase(0, end + 1);
  }
  return gpus;
}
bool IsSlice(const std::string& gpu) {
  return gpu.starts_with("mig:");
}
int current = 0;  // the GPU whose context was retained last

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED int cuInit(unsigned) {
  return 0;
}
EXPORTED int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal == 0 || static_cast<size_t>(ordinal) < Gpus().size() ? 0 : kInvalidDevice;
}
EXPORTED int cuDeviceGetCount(int* count) {
  *count = static_cast<int>(Gpus().size());
  return 0;
}
EXPORTED int cuDeviceGetName(char* name, int bytes, int device) {
  std::strncpy(name, IsSlice(Gpus().at(static_cast<size_t>(device))) ? "Fake GPU MIG 1g.10gb" : "Fake GPU",
               static_cast<size_t>(bytes));
  return 0;
}
EXPORTED int cuDeviceGetUuid_v2(unsigned char* uuid, int device) {
  for (int i = 0; i < 16; ++i) uuid[i] = static_cast<unsigned char>(device + 1);
  return 0;
}
EXPORTED int cuDevicePrimaryCtxRetain(void** context, int device) {
  const std::vector<std::string> gpus = Gpus();
  if (static_cast<size_t>(device) < gpus.size() && gpus[static_cast<size_t>(device)] == "busy") return kUnavailable;
  current = device;
  *context = &last;
  return 0;
}
EXPORTED int cuDevicePrimaryCtxRelease_v2(int) {
  return 0;
}
EXPORTED int cuMemGetInfo_v2(size_t* free, size_t* total) {
  const std::string gpu = Gpus().at(static_cast<size_t>(current));
  *free = std::strtoull(gpu.c_str() + (IsSlice(gpu) ? 4 : 0), nullptr, 10);
  *total = *free + *free / 10;
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
  *name = error == kUnavailable     ? "CUDA_ERROR_DEVICE_UNAVAILABLE"
          : error == kInvalidDevice ? "CUDA_ERROR_INVALID_DEVICE"
                                    : "CUDA_ERROR_INVALID_VALUE";
  return 0;
}
// For the test: handles that are open.
EXPORTED int fake_cuda_open_handles() {
  return open_handles;
}
