// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/shared_memory_tensors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "protocols/kserve/testing/fake_services.h"

namespace trireme::kserve {
namespace {

// Requests to the fake model "m" (FP32 [rows, 2], x to y), whose tensors lie in a region "r".
class SharedMemoryTensorsTest : public testing::Test, protected FakeServices {
 protected:
  static constexpr size_t kBytes = 4096;

  SharedMemoryTensorsTest() {
    lifecycle_.SetDesired({.models = {FakeEntry("m")}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
    const int fd = shm_open(key_.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    EXPECT_EQ(ftruncate(fd, kBytes), 0);
    close(fd);
    EXPECT_TRUE(regions_.RegisterSystem("", {.name = "r", .key = key_, .offset = 0, .byte_size = kBytes}).ok());
  }
  ~SharedMemoryTensorsTest() override { shm_unlink(key_.c_str()); }

  // Whether the model itself writes output y of `model` to where it is wanted.
  bool IsWrittenInPlace(const std::string& model, uint64_t input_at, uint64_t output_at) {
    InferRequestMessage message;
    message.inputs.push_back({.name = "x", .tensor = {.type = DataType::kFp32, .shape = {1, 2}, .data = {}}});
    message.shared_inputs.push_back({.input = 0, .range = {.region = "r", .offset = input_at, .byte_size = 8}});
    auto in_use = PlaceSharedInputs(sharing_, "", message);
    EXPECT_TRUE(in_use.ok()) << in_use.status();
    InferRequest request;
    request.model = model;
    request.outputs.push_back({.name = "y", .index = -1, .destination = {}});
    OutputForm output{.name = "y"};
    output.shared_memory = SharedMemoryRange{.region = "r", .offset = output_at, .byte_size = 8};
    SharedOutputs outputs;
    EXPECT_TRUE(outputs.Place(sharing_, *std::move(in_use), {output}, request).ok());
    return !request.outputs[0].destination.empty();
  }

  const std::string key_ = "/trireme-test-" + std::to_string(getpid()) + "-tensors";
  SharedMemoryRegions regions_{{.enabled = true}};
  const InferServices sharing_{.engine = engine_,
                               .pool = models_.pool,
                               .codec_workers = workers_,
                               .log = log_,
                               .max_body_bytes = services_.max_body_bytes,
                               .inflated = services_.inflated,
                               .shared_memory = regions_,
                               .tracer = tracer_};
};

TEST_F(SharedMemoryTensorsTest, AModelWritesWhereNothingIsRead) {
  EXPECT_TRUE(IsWrittenInPlace("m", 0, 8));
  EXPECT_TRUE(IsWrittenInPlace("m", 64, 56));
  EXPECT_FALSE(IsWrittenInPlace("m", 0, 0));
  EXPECT_FALSE(IsWrittenInPlace("m", 0, 4));
  EXPECT_FALSE(IsWrittenInPlace("m", 64, 57));
  EXPECT_TRUE(IsWrittenInPlace("m", 1, 4));  // an input that is copied, because it is not aligned
}

TEST_F(SharedMemoryTensorsTest, AnOutputOfNoKnownTypeIsNotWrittenInPlace) {
  EXPECT_FALSE(IsWrittenInPlace("nobody", 0, 8));
}

}  // namespace
}  // namespace trireme::kserve
