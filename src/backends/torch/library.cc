// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "backends/torch/libtorch.h"
#include "backends/torch/torch_error.h"
#include "base/mutex.h"

namespace trireme::torch_backend {
namespace {

namespace fs = std::filesystem;

// Where Debian puts it, for whatever version of Python.
constexpr const char* kTorchvisionFolder = "/usr/lib/python3/dist-packages/torchvision";

// Warnings of programs go through Google's logging, one a run, to stderr.
void SilenceWarnings() {
  // Its setting "minloglevel", which the environment could only set before the process began.
  if (auto* level = static_cast<int*>(dlsym(RTLD_DEFAULT, "_ZN3fLI17FLAGS_minloglevelE"))) *level = 2;
  if (auto* level = static_cast<int*>(dlsym(RTLD_DEFAULT, "FLAGS_caffe2_log_level"))) *level = 2;
}

// A matrix library with threads of its own: they would spin beside OpenMP's.
void EndOtherPools() {
  constexpr int kPthreads = 1;
  const auto kind = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_parallel"));
  const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (kind != nullptr && set != nullptr && kind() == kPthreads) set(1);
}

// What is fastest first. Quantised programs name no engine: they run on the one that the process has chosen.
void ChooseQuantisedKernels() {
  at::Context& context = at::globalContext();
  const std::vector<at::QEngine>& there = context.supportedQEngines();
  for (const char* name : {"X86", "ONEDNN", "FBGEMM", "QNNPACK"}) {
    const auto found = std::find_if(there.begin(), there.end(),
                                    [&](at::QEngine engine) { return at::toString(engine) == std::string(name); });
    if (found == there.end()) continue;
    context.setQEngine(*found);
    return;
  }
}

std::optional<fs::path> TorchvisionFile() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets the environment once there are threads
  if (const char* named = std::getenv("TRIREME_TORCHVISION"); named != nullptr && *named != '\0') return named;
  std::error_code error;
  for (fs::directory_iterator it(kTorchvisionFolder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("_C.") && it->path().extension() == ".so") return it->path();
  }
  return std::nullopt;
}

Status OpenTorchvision() {
  const std::optional<fs::path> file = TorchvisionFile();
  if (!file) {
    return Unsupported(
        "it needs torchvision's operators: install python3-torchvision, or name its _C library in "
        "TRIREME_TORCHVISION");
  }
  if (dlopen(file->c_str(), RTLD_LAZY | RTLD_LOCAL) != nullptr) return {};
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps one message a thread
  return Unsupported("it needs torchvision's operators, and they cannot be opened: " + std::string(dlerror()));
}

}  // namespace

void PrepareLibrary() {
  static std::once_flag once;
  std::call_once(once, [] {
    SilenceWarnings();
    EndOtherPools();
    (void)Guarded(During::kLoad, [] {
      at::set_num_interop_threads(1);
      ChooseQuantisedKernels();
      return Status();
    });
  });
}

void UseThreads(int threads) {
  thread_local int in_use = 0;
  if (in_use == threads) return;
  // The first look makes the library set this thread up as others were, which it would do later otherwise.
  if (in_use == 0) (void)at::get_num_threads();
  at::set_num_threads(threads);
  in_use = threads;
}

std::string LibraryVersion() {
  return std::string("libtorch ") + TORCH_VERSION;
}

Status RunsOnDevice(const Device& device) {
  if (device.kind == DeviceKind::kCpu) return {};
  if (device.kind == DeviceKind::kMig) {
    return Unsupported("TorchScript models run on the CPU or a whole GPU, not on " + device.ToString());
  }
  return Guarded(During::kLoad, [&]() -> Status {
    if (!at::hasCUDA()) {
      return Unsupported("TorchScript models run on the CPU: this libtorch is built without CUDA, or finds no GPU");
    }
    return {};
  });
}

Status LoadTorchvision() {
  static Mutex mutex;
  static bool is_open = false;
  const MutexLock lock(mutex);  // held while it is opened, once
  if (is_open) return {};
  // Its operators register themselves while it is opened, and may throw.
  RETURN_IF_ERROR(Guarded(During::kLoad, OpenTorchvision));
  is_open = true;
  return {};
}

}  // namespace trireme::torch_backend
