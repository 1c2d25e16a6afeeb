// SPDX-License-Identifier: Apache-2.0
#include "bench/gpu_watch.h"

#include <dlfcn.h>

#include <array>
#include <chrono>
#include <utility>

#include "bench/report_text.h"

namespace trireme::bench {
namespace {

constexpr Duration kStep = std::chrono::milliseconds(100);

// As nvml.h has them; the library's binary interface does not change.
using NvmlReturn = int;
using NvmlDevice = void*;
struct NvmlUtilization {
  unsigned gpu = 0;  // per cent
  unsigned memory = 0;
};
struct NvmlMemory {
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};

struct Functions {
  NvmlReturn (*Init)() = nullptr;
  NvmlReturn (*Shutdown)() = nullptr;
  NvmlReturn (*Count)(unsigned*) = nullptr;
  NvmlReturn (*Handle)(unsigned, NvmlDevice*) = nullptr;
  NvmlReturn (*Name)(NvmlDevice, char*, unsigned) = nullptr;
  NvmlReturn (*Utilization)(NvmlDevice, NvmlUtilization*) = nullptr;
  NvmlReturn (*Memory)(NvmlDevice, NvmlMemory*) = nullptr;
  NvmlReturn (*Energy)(NvmlDevice, unsigned long long*) = nullptr;  // null: older than that
};

template <typename Function>
bool Find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

bool FindAll(void* library, Functions& functions) {
  Find(library, "nvmlDeviceGetTotalEnergyConsumption", functions.Energy);
  return Find(library, "nvmlInit_v2", functions.Init) && Find(library, "nvmlShutdown", functions.Shutdown) &&
         Find(library, "nvmlDeviceGetCount_v2", functions.Count) &&
         Find(library, "nvmlDeviceGetHandleByIndex_v2", functions.Handle) &&
         Find(library, "nvmlDeviceGetName", functions.Name) &&
         Find(library, "nvmlDeviceGetUtilizationRates", functions.Utilization) &&
         Find(library, "nvmlDeviceGetMemoryInfo", functions.Memory);
}

}  // namespace

struct Gpus::Library {
  struct Gpu {
    NvmlDevice handle = nullptr;
    std::string name;
  };

  Functions functions;
  std::vector<Gpu> gpus;
};

Gpus::Gpus(std::unique_ptr<Library> library) : library_(std::move(library)) {}

Gpus::~Gpus() {
  library_->functions.Shutdown();
}

std::unique_ptr<Gpus> Gpus::Open(const std::string& library) {
  // Never closed again: drivers leave threads behind.
  void* const opened = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto made = std::make_unique<Library>();
  if (opened == nullptr || !FindAll(opened, made->functions) || made->functions.Init() != 0) return nullptr;
  unsigned count = 0;
  if (made->functions.Count(&count) != 0) count = 0;
  for (unsigned i = 0; i < count; ++i) {
    Library::Gpu gpu;
    std::array<char, 128> name{};
    if (made->functions.Handle(i, &gpu.handle) != 0) continue;
    made->functions.Name(gpu.handle, name.data(), static_cast<unsigned>(name.size()) - 1);
    gpu.name = Visible(name.data());
    made->gpus.push_back(std::move(gpu));
  }
  std::unique_ptr<Gpus> gpus(new Gpus(std::move(made)));
  return gpus->count() > 0 ? std::move(gpus) : nullptr;
}

size_t Gpus::count() const {
  return library_->gpus.size();
}

const std::string& Gpus::name(size_t gpu) const {
  return library_->gpus[gpu].name;
}

std::optional<double> Gpus::Busy(size_t gpu) const {
  NvmlUtilization utilization;
  if (library_->functions.Utilization(library_->gpus[gpu].handle, &utilization) != 0) return std::nullopt;
  return utilization.gpu / 100.0;
}

std::optional<uint64_t> Gpus::BytesInUse(size_t gpu) const {
  NvmlMemory memory;
  if (library_->functions.Memory(library_->gpus[gpu].handle, &memory) != 0) return std::nullopt;
  return memory.used;
}

std::optional<double> Gpus::Joules(size_t gpu) const {
  unsigned long long millijoules = 0;
  const Functions& functions = library_->functions;
  if (functions.Energy == nullptr || functions.Energy(library_->gpus[gpu].handle, &millijoules) != 0) {
    return std::nullopt;
  }
  return static_cast<double>(millijoules) / 1000;
}

GpuWatch::GpuWatch(const Gpus& gpus) : gpus_(gpus), began_(Clock::System().Now()), looks_(gpus.count()) {
  for (size_t i = 0; i < looks_.size(); ++i) looks_[i].joules = gpus_.Joules(i);
  thread_ = std::thread([this] { Watch(); });
}

GpuWatch::~GpuWatch() {
  End();
}

void GpuWatch::Look() {
  for (size_t i = 0; i < looks_.size(); ++i) {
    const std::optional<double> busy = gpus_.Busy(i);
    if (!busy) continue;
    looks_[i].sum += *busy;
    ++looks_[i].count;
  }
}

void GpuWatch::Watch() {
  TimePoint next = began_;
  while (true) {
    Look();
    next += kStep;
    MutexLock lock(mutex_);
    while (!ended_ && Clock::System().Now() < next) wake_.WaitUntil(mutex_, next);
    if (ended_) return;
  }
}

void GpuWatch::End() {
  {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  wake_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

std::vector<GpuUse> GpuWatch::Finish() {
  End();
  const double seconds = Seconds(Clock::System().Now() - began_);
  std::vector<GpuUse> uses;
  for (size_t i = 0; i < looks_.size(); ++i) {
    const Looks& looks = looks_[i];
    GpuUse use{.name = gpus_.name(i),
               .busy = looks.count > 0 ? looks.sum / looks.count : 0,
               .bytes = gpus_.BytesInUse(i).value_or(0)};
    const std::optional<double> joules = gpus_.Joules(i);
    if (joules && looks.joules && seconds > 0) use.watts = (*joules - *looks.joules) / seconds;
    uses.push_back(std::move(use));
  }
  return uses;
}

}  // namespace trireme::bench
