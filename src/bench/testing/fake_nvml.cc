// SPDX-License-Identifier: Apache-2.0
// NVIDIA's management library without a GPU, as a library of its own that is opened in the real one's place. It has two
// GPUs: one that is half busy and counts its energy, and one of which it says nothing but the name.
#include <cstring>

namespace {

constexpr int kNotSupported = 3;
int first = 0, second = 0;
unsigned long long millijoules = 0;

struct Utilization {
  unsigned gpu, memory;
};
struct Memory {
  unsigned long long total, free, used;
};

}  // namespace

extern "C" {
__attribute__((visibility("default"))) int nvmlInit_v2() {
  return 0;
}
__attribute__((visibility("default"))) int nvmlShutdown() {
  return 0;
}
__attribute__((visibility("default"))) int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}
__attribute__((visibility("default"))) int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = index == 0 ? &first : &second;
  return 0;
}
__attribute__((visibility("default"))) int nvmlDeviceGetName(void* device, char* name, unsigned bytes) {
  std::strncpy(name, device == &first ? "Fake\n1" : "Fake 2", bytes);
  return 0;
}
__attribute__((visibility("default"))) int nvmlDeviceGetUtilizationRates(void* device, Utilization* use) {
  if (device != &first) return kNotSupported;
  *use = {.gpu = 50, .memory = 10};
  return 0;
}
__attribute__((visibility("default"))) int nvmlDeviceGetMemoryInfo(void* device, Memory* memory) {
  if (device != &first) return kNotSupported;
  *memory = {.total = 1000, .free = 600, .used = 400};
  return 0;
}
__attribute__((visibility("default"))) int nvmlDeviceGetTotalEnergyConsumption(void* device,
                                                                               unsigned long long* energy) {
  if (device != &first) return kNotSupported;
  *energy = millijoules += 5000;
  return 0;
}
}
