// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/environment.h"

#include <algorithm>
#include <utility>

#include "backends/onnx/ort_error.h"
#include "base/cpu_count.h"
#include "base/mutex.h"

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

// Of one run. The work is divided among so many whether they come or not, and what a caller does alone gets slower with
// every division: by nothing that can be measured among four, by a percent among eight, by 5 among 16, by 15 among 64
// (BERT-base and ResNet50).
constexpr int kMostThreads = 8;

// The environment that is there, from its making until it is gone.
struct Only {
  Mutex mutex;
  CondVar gone;
  bool is_there GUARDED_BY(mutex) = false;
  std::weak_ptr<Environment> environment GUARDED_BY(mutex);
};

Only& TheOnly() {
  static Only only;
  return only;
}

LogLevel LevelOf(OrtLoggingLevel severity) {
  return severity >= ORT_LOGGING_LEVEL_ERROR ? LogLevel::kError : LogLevel::kWarning;
}

void ORT_API_CALL WriteToLog(void* log, OrtLoggingLevel severity, const char*, const char*, const char*,
                             const char* message) {
  static_cast<const Logger*>(log)->Write(LevelOf(severity), "ONNX Runtime", {{"text", message}});
}

HelperThreads::Options ThreadsHere() {
  const int processors = AvailableCpus();
  return {.threads = std::clamp(processors, 1, kMostThreads), .processors = processors};
}

}  // namespace

Environment::Environment(const OrtApi& api)
    : api_(api), cpu_(nullptr, api.ReleaseMemoryInfo), helpers_(api, ThreadsHere()), env_(nullptr, api.ReleaseEnv) {}

Environment::~Environment() {
  helpers_.End();
  env_.reset();
  Only& only = TheOnly();
  const MutexLock lock(only.mutex);
  only.is_there = false;
  only.gone.NotifyAll();
}

Result<std::shared_ptr<Environment>> Environment::Share(const OrtApi& api, const Logger& log) {
  Only& only = TheOnly();
  std::shared_ptr<Environment> made;  // goes after the lock if it cannot be finished
  const MutexLock lock(only.mutex);
  while (only.is_there) {
    if (std::shared_ptr<Environment> there = only.environment.lock()) return there;
    only.gone.Wait(only.mutex);  // it is just going: the library would give it out again, with threads that end
  }
  made.reset(new Environment(api));  // the constructor is private
  only.is_there = true;
  only.environment = made;
  RETURN_IF_ERROR(made->Make(log));
  return made;
}

Status Environment::Make(const Logger& log) {
  OrtThreadingOptions* options = nullptr;
  RETURN_IF_ERROR(ToStatus(api_, api_.CreateThreadingOptions(&options)));
  const Handle<OrtThreadingOptions> owner(options, api_.ReleaseThreadingOptions);
  RETURN_IF_ERROR(helpers_.AddTo(options));
  {
    [[maybe_unused]] const WithoutLeakCheck without_leak_check;
    OrtEnv* env = nullptr;
    // The library wants a pointer that it may write through; WriteToLog does not.
    RETURN_IF_ERROR(ToStatus(
        api_, api_.CreateEnvWithCustomLoggerAndGlobalThreadPools(&WriteToLog, const_cast<Logger*>(&log),
                                                                 ORT_LOGGING_LEVEL_WARNING, "trireme", options, &env)));
    env_.reset(env);
  }
  OrtMemoryInfo* cpu = nullptr;
  RETURN_IF_ERROR(ToStatus(api_, api_.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &cpu)));
  cpu_.reset(cpu);
  RETURN_IF_ERROR(ShareArena());
  return helpers_.Begin(*env_, *cpu_);
}

Status Environment::ShareArena() {
  // It grows by what is asked for, not to the next power of two.
  const char* const keys[] = {"arena_extend_strategy"};
  const size_t values[] = {1};
  OrtArenaCfg* config = nullptr;
  RETURN_IF_ERROR(ToStatus(api_, api_.CreateArenaCfgV2(keys, values, std::size(keys), &config)));
  const Handle<OrtArenaCfg> owner(config, api_.ReleaseArenaCfg);
  return ToStatus(api_, api_.CreateAndRegisterAllocator(env_.get(), cpu_.get(), config));
}

}  // namespace trireme::onnx
