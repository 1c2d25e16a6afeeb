// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/runtime.h"

#include <dlfcn.h>

#include <cstdlib>
#include <utility>

#include "backends/onnx/arena_trimmer.h"
#include "backends/onnx/environment.h"

namespace trireme::onnx {
namespace {

constexpr const char* kLibraryName = "libonnxruntime.so.1";

std::filesystem::path LibraryFile(const std::filesystem::path& folder) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets the environment once there are threads
  const char* root = std::getenv("ONNXRUNTIME_ROOT");
  return root != nullptr && *root != '\0' ? std::filesystem::path(root) / "lib" / kLibraryName : folder / kLibraryName;
}

Result<const OrtApiBase*> OpenLibrary(const std::filesystem::path& file) {
  // Its symbols stay its own: another plug-in's runtime may bring other versions of what is inside.
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps one message a thread
  if (library == nullptr) return Unavailable("ONNX Runtime cannot be opened: " + std::string(dlerror()));
  const auto get_base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  if (get_base == nullptr) return Unavailable(file.string() + " is not ONNX Runtime: it has no OrtGetApiBase");
  return get_base();
}

}  // namespace

Runtime::Runtime(const OrtApi& api, std::string version, std::filesystem::path folder, MemoryPool& pool)
    : api_(api), version_(std::move(version)), folder_(std::move(folder)), pool_(pool) {}

Runtime::~Runtime() = default;

Result<std::shared_ptr<const Runtime>> Runtime::Open(const std::filesystem::path& folder, const Logger& log,
                                                     MemoryPool& pool) {
  const std::filesystem::path file = LibraryFile(folder);
  ASSIGN_OR_RETURN(const OrtApiBase* base, OpenLibrary(file));
  const std::string version = base->GetVersionString();
  const OrtApi* api = base->GetApi(ORT_API_VERSION);
  if (api == nullptr) {
    return Unavailable(file.string() + " is ONNX Runtime " + version + ", which is too old: this server needs 1." +
                       std::to_string(ORT_API_VERSION) + " or later");
  }
  std::shared_ptr<Runtime> runtime(new Runtime(*api, version, file.parent_path(), pool));  // the constructor is private
  ASSIGN_OR_RETURN(runtime->environment_, Environment::Share(*api, log));
  ASSIGN_OR_RETURN(ArenaTrimmer trimmer, ArenaTrimmer::Make(*api, *runtime->env(), *runtime->cpu()));
  runtime->trimmer_ = std::make_unique<ArenaTrimmer>(std::move(trimmer));
  return std::shared_ptr<const Runtime>(std::move(runtime));
}

const OrtEnv* Runtime::env() const {
  return environment_->get();
}

const OrtMemoryInfo* Runtime::cpu() const {
  return environment_->cpu();
}

HelperThreads& Runtime::helpers() const {
  return environment_->helpers();
}

void Runtime::ReleaseIdleMemory() const {
  trimmer_->Trim();
}

}  // namespace trireme::onnx
