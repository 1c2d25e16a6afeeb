// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace trireme {

// A GPU that this process may use, or a slice of one (MIG).
struct CudaDevice {
  int index = 0;  // as the CUDA runtime counts them: CUDA_VISIBLE_DEVICES decides what there is, and in which order
  std::string name;
  bool is_slice = false;
  std::array<uint8_t, 16> uuid = {};  // of the slice, if it is one
  uint64_t total_bytes = 0;
  uint64_t free_bytes = 0;  // at the moment; other processes may have the rest
};

struct CudaDevices {
  std::vector<CudaDevice> devices;
  std::vector<std::string> problems;  // for people: GPUs that are there and cannot be used, and why
};

// Asks the CUDA driver ("libcuda.so.1"), which is found at run time; without one, or without a GPU, there are none.
// Takes some tenths of a second for each GPU: to be asked what is free it has to be woken up.
CudaDevices FindCudaDevices(const std::string& library);

}  // namespace trireme
