// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/shared_memory_tensors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "protocols/kserve/testing/fake_services.h"

namespace trireme::kserve {
namespace {

// Requests to the fake model "m" (FP32 [rows, 2], x to y), whose tensors lie in a region "r".
class SharedMemoryTensorsTest : public testing::Test, protected FakeServices {
 protected:
  static constexpr size_t kBytes = 2 << 20;

  explicit SharedMemoryTensorsTest(const FakeOptions& models = {}) : FakeServices(models) {
    lifecycle_.SetDesired({.models = {FakeEntry("m")}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
    const int fd = shm_open(key_.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    EXPECT_EQ(ftruncate(fd, kBytes), 0);
    close(fd);
    EXPECT_TRUE(regions_.RegisterSystem("", {.name = "r", .key = key_, .offset = 0, .byte_size = kBytes}).ok());
  }
  ~SharedMemoryTensorsTest() override { shm_unlink(key_.c_str()); }

  // A request to `model`, of which the input, and the output if it is wanted, have been given their places.
  struct Placed {
    Tensor input;
    InferRequest request;
  };
  Placed Place(const std::string& model, const SharedMemoryRange& input, const SharedMemoryRange& output = {},
               DataType type = DataType::kFp32) {
    Placed placed;
    InferRequestMessage message;
    const auto elements = static_cast<int64_t>(input.byte_size / 4);
    message.inputs.push_back({.name = "x", .tensor = {.type = type, .shape = {1, elements}, .data = {}}});
    message.shared_inputs.push_back({.input = 0, .range = input});
    placed.request.model = model;
    auto in_use = PlaceSharedInputs(sharing_, message, placed.request);
    EXPECT_TRUE(in_use.ok()) << in_use.status();
    placed.input = std::move(message.inputs[0].tensor);
    if (output.byte_size == 0) return placed;
    placed.request.outputs.push_back({.name = "y", .destination = {}});
    OutputForm form{.name = "y"};
    form.shared_memory = output;
    SharedOutputs outputs;
    EXPECT_TRUE(outputs.Place(sharing_, *std::move(in_use), {form}, placed.request).ok());
    EXPECT_EQ(placed.request.outputs[0].may_change, !placed.request.outputs[0].destination.empty());
    return placed;
  }

  static SharedMemoryRange Range(uint64_t offset, uint64_t byte_size = 8) {
    return {.region = "r", .offset = offset, .byte_size = byte_size};
  }

  // Whether the model itself writes output y of `model` to where it is wanted.
  bool IsWrittenInPlace(const std::string& model, uint64_t input_at, uint64_t output_at) {
    return !Place(model, Range(input_at), Range(output_at)).request.outputs[0].destination.empty();
  }

  // Where it lies here.
  const std::byte* AddressOf(const SharedMemoryRange& range) {
    return regions_.Find("", range.region, range.offset, range.byte_size)->data();
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
  EXPECT_FALSE(IsWrittenInPlace("m", 0, 66));  // is not aligned
  EXPECT_TRUE(IsWrittenInPlace("m", 1, 4));    // an input that is copied, because it is not aligned
}

TEST_F(SharedMemoryTensorsTest, AnOutputOfNoKnownTypeIsNotWrittenInPlace) {
  EXPECT_FALSE(IsWrittenInPlace("nobody", 0, 8));
}

TEST_F(SharedMemoryTensorsTest, LargeTensorsAreNotCopied) {
  constexpr uint64_t kLarge = 600'000;
  const Placed placed = Place("m", Range(64, kLarge), Range(1 << 20, kLarge));
  EXPECT_EQ(placed.input.data.data(), AddressOf(Range(64, kLarge)));
  EXPECT_EQ(placed.request.changing_inputs, std::vector<size_t>{0});
  EXPECT_EQ(placed.request.outputs[0].destination.data(), AddressOf(Range(1 << 20, kLarge)));
}

TEST_F(SharedMemoryTensorsTest, AnInputOfAnotherTypeThanTheModelsIsCopied) {
  const Placed placed = Place("m", Range(0), {}, DataType::kUint32);
  EXPECT_NE(placed.input.data.data(), AddressOf(Range(0)));
  EXPECT_TRUE(placed.request.changing_inputs.empty());
}

// With models under which memory must not change.
class SteadyTensorsTest : public SharedMemoryTensorsTest {
 protected:
  SteadyTensorsTest() : SharedMemoryTensorsTest({.may_change = false}) {}
};

TEST_F(SteadyTensorsTest, AreCopiedBeforeTheRunAndWrittenAfterIt) {
  const Placed placed = Place("m", Range(0), Range(64));
  ASSERT_EQ(placed.input.data.size(), 8U);
  EXPECT_NE(placed.input.data.data(), AddressOf(Range(0)));
  EXPECT_TRUE(placed.request.changing_inputs.empty());
  EXPECT_TRUE(placed.request.outputs[0].destination.empty());
}

}  // namespace
}  // namespace trireme::kserve
