// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/runtime.h"

#include <dlfcn.h>

#include <cstdlib>
#include <utility>

#include "backends/onnx/arena_trimmer.h"
#include "backends/onnx/ort_error.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace trireme::onnx {
namespace {

#if defined(__SANITIZE_ADDRESS__)
// The library loses a few bytes once, in its first environment; all else that it allocates stays under watch.
using WithoutLeakCheck = __lsan::ScopedDisabler;
#else
struct WithoutLeakCheck {};
#endif

constexpr const char* kLibraryName = "libonnxruntime.so.1";

LogLevel LevelOf(OrtLoggingLevel severity) {
  return severity >= ORT_LOGGING_LEVEL_ERROR ? LogLevel::kError : LogLevel::kWarning;
}

void ORT_API_CALL WriteToLog(void* log, OrtLoggingLevel severity, const char*, const char*, const char*,
                             const char* message) {
  static_cast<const Logger*>(log)->Write(LevelOf(severity), "ONNX Runtime", {{"text", message}});
}

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
    : api_(api),
      version_(std::move(version)),
      folder_(std::move(folder)),
      pool_(pool),
      env_(nullptr, api.ReleaseEnv),
      cpu_(nullptr, api.ReleaseMemoryInfo) {}

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
  RETURN_IF_ERROR(runtime->MakeEnvironment(log));
  RETURN_IF_ERROR(runtime->ShareArena());
  ASSIGN_OR_RETURN(ArenaTrimmer trimmer, ArenaTrimmer::Make(*api, *runtime->env_, *runtime->cpu_));
  runtime->trimmer_ = std::make_unique<ArenaTrimmer>(std::move(trimmer));
  return std::shared_ptr<const Runtime>(std::move(runtime));
}

Status Runtime::MakeEnvironment(const Logger& log) {
  [[maybe_unused]] const WithoutLeakCheck without_leak_check;
  OrtEnv* env = nullptr;
  // The library wants a pointer that it may write through; WriteToLog does not.
  RETURN_IF_ERROR(ToStatus(api_, api_.CreateEnvWithCustomLogger(&WriteToLog, const_cast<Logger*>(&log),
                                                                ORT_LOGGING_LEVEL_WARNING, "trireme", &env)));
  env_.reset(env);
  OrtMemoryInfo* cpu = nullptr;
  RETURN_IF_ERROR(ToStatus(api_, api_.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &cpu)));
  cpu_.reset(cpu);
  return {};
}

Status Runtime::ShareArena() {
  // It grows by what is asked for, not to the next power of two.
  const char* const keys[] = {"arena_extend_strategy"};
  const size_t values[] = {1};
  OrtArenaCfg* config = nullptr;
  RETURN_IF_ERROR(ToStatus(api_, api_.CreateArenaCfgV2(keys, values, std::size(keys), &config)));
  const Handle<OrtArenaCfg> owner(config, api_.ReleaseArenaCfg);
  return ToStatus(api_, api_.CreateAndRegisterAllocator(env_.get(), cpu_.get(), config));
}

void Runtime::ReleaseIdleMemory() const {
  trimmer_->Trim();
}

}  // namespace trireme::onnx
