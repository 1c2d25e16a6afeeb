// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace trireme::bench {

// How much of a GPU was used in a stretch of time, by whomever.
struct GpuUse {
  std::string name;             // as its maker has it
  double busy = 0;              // 0 to 1: the share of time in which kernels ran, as its driver says; the mean
  uint64_t bytes = 0;           // of its memory in use, at the end
  std::optional<double> watts;  // on average, where it counts its energy
};

// The machine's NVIDIA GPUs, through their driver's management library (NVML,
// https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html), which is opened where it is installed;
// nothing links it. Thread-safe, as that library is.
class Gpus {
 public:
  // Null: there is no such library, or no GPU. Takes up to a second where the driver has to wake up.
  static std::unique_ptr<Gpus> Open(const std::string& library = "libnvidia-ml.so.1");
  Gpus(const Gpus&) = delete;
  Gpus& operator=(const Gpus&) = delete;
  ~Gpus();

  size_t count() const;
  const std::string& name(size_t gpu) const;
  // What the driver says at the moment; nothing: it does not.
  std::optional<double> Busy(size_t gpu) const;  // 0 to 1, over its last moments
  std::optional<uint64_t> BytesInUse(size_t gpu) const;
  std::optional<double> Joules(size_t gpu) const;  // since its driver was loaded

 private:
  struct Library;
  explicit Gpus(std::unique_ptr<Library> library);

  const std::unique_ptr<Library> library_;
};

// Looks at all GPUs ten times a second, on a thread of its own.
class GpuWatch {
 public:
  explicit GpuWatch(const Gpus& gpus);  // which outlive it
  GpuWatch(const GpuWatch&) = delete;
  GpuWatch& operator=(const GpuWatch&) = delete;
  ~GpuWatch();

  // What was used since its construction. Once.
  std::vector<GpuUse> Finish();

 private:
  struct Looks {
    double sum = 0;
    int count = 0;
    std::optional<double> joules;  // at the beginning
  };

  void Watch();
  void Look();
  void End();

  const Gpus& gpus_;
  const TimePoint began_;
  std::vector<Looks> looks_;  // the thread's until it has ended
  Mutex mutex_;
  CondVar wake_;
  bool ended_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: uses all of the above
};

}  // namespace trireme::bench
