// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/helper_threads.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backends/onnx/ort_error.h"
#include "backends/onnx/session_options.h"
#include "onnxfile/onnx_writer.h"

namespace trireme::onnx {
namespace {

constexpr int64_t kSide = 256;

const OrtApi& Api() {
  static const OrtApi& api = [&]() -> const OrtApi& {
    const auto file = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libonnxruntime.so.1";
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    const auto get_base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
    return *get_base()->GetApi(ORT_API_VERSION);
  }();
  return api;
}

void Check(OrtStatus* error) {
  const Status status = ToStatus(Api(), error);
  ASSERT_TRUE(status.ok()) << status;
}

// y = x * x, of so many rows and columns that the work is divided.
std::string ProductModel() {
  onnxfile::Model model;
  model.graph = {.name = "product",
                 .nodes = {{"MatMul", {"x", "x"}, {"y"}}},
                 .inputs = {{"x", onnxfile::ElementType::kFloat, {kSide, kSide}}},
                 .outputs = {{"y", onnxfile::ElementType::kFloat, {kSide, kSide}}}};
  return Serialize(model);
}

// An environment of its own with such threads, which is there as long as the test.
class HelperThreadsTest : public testing::Test {
 protected:
  void Make(const HelperThreads::Options& options) {
    helpers_.emplace(Api(), options);
    OrtThreadingOptions* threading = nullptr;
    Check(Api().CreateThreadingOptions(&threading));
    ASSERT_TRUE(helpers_->AddTo(threading).ok());
    OrtEnv* env = nullptr;
    Check(Api().CreateEnvWithGlobalThreadPools(ORT_LOGGING_LEVEL_ERROR, "test", threading, &env));
    Api().ReleaseThreadingOptions(threading);
    env_.reset(env);
    OrtMemoryInfo* cpu = nullptr;
    Check(Api().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &cpu));
    cpu_.reset(cpu);
    Check(Api().CreateAndRegisterAllocator(env, cpu, nullptr));
    ASSERT_TRUE(helpers_->Begin(*env, *cpu).ok());
  }

  void End() {
    if (env_ == nullptr) return;
    session_.reset();
    helpers_->End();
    env_.reset();
  }

  void TearDown() override { End(); }

  void OpenProduct() {
    const std::string bytes = ProductModel();
    const auto options = MakeSessionOptions(Api(), {.may_be_helped = true}, {});
    OrtSession* session = nullptr;
    Check(Api().CreateSessionFromArray(env_.get(), bytes.data(), bytes.size(), options.value().get(), &session));
    session_.reset(session);
  }

  // Whether the product is right.
  bool MultiplyOnce() {
    std::vector<float> x(kSide * kSide);
    for (size_t i = 0; i < x.size(); ++i) x[i] = i / kSide == i % kSide ? 2.0F : 0.0F;
    const int64_t shape[] = {kSide, kSide};
    OrtValue* input = nullptr;
    OrtValue* output = nullptr;
    Check(Api().CreateTensorWithDataAsOrtValue(cpu_.get(), x.data(), x.size() * sizeof(float), shape, 2,
                                               ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &input));
    const char* const input_name = "x";
    const char* const output_name = "y";
    Check(Api().Run(session_.get(), nullptr, &input_name, &input, 1, &output_name, 1, &output));
    void* y = nullptr;
    Check(Api().GetTensorMutableData(output, &y));
    const auto* elements = static_cast<const float*>(y);
    const bool right = std::accumulate(elements, elements + kSide * kSide, 0.0F) == 4.0F * kSide;
    Api().ReleaseValue(input);
    Api().ReleaseValue(output);
    return right;
  }

  // A helper goes to rest and comes back in its own time.
  void WaitUntil(int awake, int resting) {
    while (helpers_->awake() != awake || helpers_->resting() != resting) std::this_thread::yield();
  }

  Handle<OrtMemoryInfo> cpu_{nullptr, Api().ReleaseMemoryInfo};
  std::optional<HelperThreads> helpers_;
  Handle<OrtEnv> env_{nullptr, Api().ReleaseEnv};
  Handle<OrtSession> session_{nullptr, Api().ReleaseSession};
};

TEST_F(HelperThreadsTest, StartWithTheFirstRunThatWantsAnyAndRestAfterIt) {
  Make({.threads = 3, .processors = 3});
  { const HelperThreads::Run narrow(*helpers_, 1); }
  WaitUntil(0, 0);
  {
    const HelperThreads::Run wide(*helpers_, 3);
    WaitUntil(2, 0);
  }
  WaitUntil(0, 2);
  {
    const HelperThreads::Run wide(*helpers_, 3);
    WaitUntil(2, 0);
  }
  WaitUntil(0, 2);
}

TEST_F(HelperThreadsTest, ComeAsManyAsARunWants) {
  Make({.threads = 4, .processors = 8});
  const HelperThreads::Run two(*helpers_, 2);
  WaitUntil(1, 2);
  {
    const HelperThreads::Run many(*helpers_, 100);
    WaitUntil(3, 0);
  }
  WaitUntil(1, 2);
}

TEST_F(HelperThreadsTest, GiveWayToRunsThatBeginBesideThem) {
  Make({.threads = 3, .processors = 3});
  const HelperThreads::Run wide(*helpers_, 3);
  WaitUntil(2, 0);
  {
    const HelperThreads::Run narrow(*helpers_, 1);
    WaitUntil(1, 1);
    const HelperThreads::Run another(*helpers_, 1);
    WaitUntil(0, 2);
    const HelperThreads::Run more_than_processors(*helpers_, 1);
    WaitUntil(0, 2);
  }
  WaitUntil(2, 0);
}

TEST_F(HelperThreadsTest, HelpNobodyWhoStandsBack) {
  Make({.threads = 2, .processors = 2});
  std::thread([&] {
    ASSERT_EQ(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10), 0);
    const HelperThreads::Run run(*helpers_, 2);
    EXPECT_EQ(helpers_->awake(), 0);
  }).join();
}

TEST_F(HelperThreadsTest, EndWhoeverHasStarted) {
  Make({.threads = 4, .processors = 4});
  End();
  Make({.threads = 4, .processors = 4});
  { const HelperThreads::Run wide(*helpers_, 2); }  // on their way to their rest
  End();
  Make({.threads = 1, .processors = 1});
  const HelperThreads::Run wide(*helpers_, 2);
  EXPECT_EQ(helpers_->awake(), 0);  // there is none
}

TEST_F(HelperThreadsTest, RunsAreRightHoweverManyHelp) {
  Make({.threads = 4, .processors = 4});
  OpenProduct();
  EXPECT_TRUE(MultiplyOnce());
  std::vector<std::thread> callers;
  std::vector<int> right(3, 0);
  for (size_t caller = 0; caller < right.size(); ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 100; ++i) {
        const HelperThreads::Run run(*helpers_, static_cast<int>(caller) + 1 + i % 2);
        if (MultiplyOnce()) ++right[caller];
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(right, (std::vector<int>{100, 100, 100}));
  WaitUntil(0, 3);
}

}  // namespace
}  // namespace trireme::onnx
