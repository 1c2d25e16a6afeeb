// SPDX-License-Identifier: Apache-2.0
#include "shared_memory/regions.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <limits>
#include <utility>

namespace trireme {
namespace {

using Kind = SharedMemoryRegions::Kind;

// A client's own memory, which goes with it.
class ClientMemory {
 public:
  ClientMemory(std::string key, size_t bytes) : key_(std::move(key)) {
    shm_unlink(key_.c_str());
    fd_ = shm_open(key_.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    Resize(bytes);
    data_ = static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
  }
  ~ClientMemory() {
    close(fd_);
    shm_unlink(key_.c_str());
  }
  void Resize(size_t bytes) { EXPECT_EQ(ftruncate(fd_, static_cast<off_t>(bytes)), 0); }
  char* data() { return data_; }

 private:
  std::string key_;
  int fd_ = -1;
  char* data_ = nullptr;
};

std::string Key(const char* name) {
  return "/trireme-test-" + std::to_string(getpid()) + "-" + name;
}

std::string_view Text(const Buffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

class SharedMemoryRegionsTest : public testing::Test {
 protected:
  Status Register(const std::string& name, const std::string& key, uint64_t offset, uint64_t bytes,
                  const std::string& principal = "") {
    return regions_.RegisterSystem(principal, {.name = name, .key = key, .offset = offset, .byte_size = bytes});
  }

  SharedMemoryRegions regions_{{.enabled = true, .max_regions = 4, .cuda_library = TRIREME_FAKE_CUDA}};
};

TEST_F(SharedMemoryRegionsTest, ReadsAndWritesWhatTheClientSees) {
  ClientMemory memory(Key("a"), 8192);
  std::memcpy(memory.data() + 5000, "hello", 5);
  ASSERT_TRUE(Register("r", Key("a"), 5000, 100).ok());  // no multiple of a page
  Result<Buffer> found = regions_.Find("", "r", 0, 5);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(Text(*found), "hello");
  std::memcpy(found->mutable_data(), "HELLO", 5);
  EXPECT_EQ(std::string_view(memory.data() + 5000, 5), "HELLO");
}

TEST_F(SharedMemoryRegionsTest, ARangeLivesLongerThanItsRegistration) {
  ClientMemory memory(Key("a"), 64);
  std::memcpy(memory.data(), "still", 5);
  ASSERT_TRUE(Register("r", Key("a"), 0, 64).ok());
  const Result<Buffer> found = regions_.Find("", "r", 0, 5);
  ASSERT_TRUE(found.ok());
  ASSERT_TRUE(regions_.Unregister("", Kind::kSystem, "r").ok());
  EXPECT_EQ(regions_.count(), 0U);
  EXPECT_EQ(Text(*found), "still");
  EXPECT_EQ(regions_.Find("", "r", 0, 5).status().code(), StatusCode::kNotFound);
}

TEST_F(SharedMemoryRegionsTest, RefusesRangesThatLeaveTheRegion) {
  const ClientMemory memory(Key("a"), 100);
  ASSERT_TRUE(Register("r", Key("a"), 0, 100).ok());
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  for (const auto& [offset, bytes] : std::vector<std::pair<uint64_t, uint64_t>>{
           {0, 101}, {1, 100}, {101, 0}, {kMost, 1}, {1, kMost}, {kMost, kMost}, {50, kMost - 49}}) {
    EXPECT_EQ(regions_.Find("", "r", offset, bytes).status().code(), StatusCode::kInvalidArgument)
        << offset << " " << bytes;
  }
  EXPECT_TRUE(regions_.Find("", "r", 100, 0).ok());
}

TEST_F(SharedMemoryRegionsTest, RefusesWhatTheMemoryDoesNotHave) {
  const ClientMemory memory(Key("a"), 100);
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  for (const auto& [offset, bytes] : std::vector<std::pair<uint64_t, uint64_t>>{
           {0, 101}, {100, 1}, {kMost, 2}, {2, kMost}, {0, 0}, {uint64_t{1} << 63, 1}}) {
    EXPECT_EQ(Register("r", Key("a"), offset, bytes).code(), StatusCode::kInvalidArgument) << offset << " " << bytes;
  }
  EXPECT_EQ(regions_.count(), 0U);
}

TEST_F(SharedMemoryRegionsTest, RefusesKeysThatAreNoPlainNames) {
  for (const char* key :
       {"", "/", "//", "/..", "..", "/a/b", "/../etc/passwd", "/a b", "/triton_python_backend_shm_region_1"}) {
    EXPECT_EQ(Register("r", key, 0, 1).code(), StatusCode::kInvalidArgument) << key;
  }
  EXPECT_EQ(Register("r", Key("nowhere"), 0, 1).code(), StatusCode::kInvalidArgument);
}

TEST_F(SharedMemoryRegionsTest, MemoryThatHasBecomeSmallerIsRefused) {
  ClientMemory memory(Key("a"), 3 * 4096);
  ASSERT_TRUE(Register("r", Key("a"), 0, 3 * 4096).ok());
  memory.Resize(4096);
  EXPECT_TRUE(regions_.Find("", "r", 0, 4096).ok());
  EXPECT_EQ(regions_.Find("", "r", 0, 4097).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(SharedMemoryRegionsTest, MemoryThatGoesWhileItIsUsedReadsAsZeros) {
  ClientMemory memory(Key("a"), 3 * 4096);
  std::memset(memory.data(), 'x', 3 * 4096);
  ASSERT_TRUE(Register("r", Key("a"), 0, 3 * 4096).ok());
  Result<Buffer> found = regions_.Find("", "r", 0, 3 * 4096);
  ASSERT_TRUE(found.ok());
  memory.Resize(0);
  uint64_t sum = 0;
  for (const std::byte byte : found->bytes()) sum += static_cast<uint64_t>(byte);
  EXPECT_EQ(sum, 0U);
  std::memset(found->mutable_data(), 'y', 3 * 4096);  // goes nowhere
}

TEST_F(SharedMemoryRegionsTest, KnowsRangesThatAreTheSameMemory) {
  ClientMemory a(Key("a"), 16384);
  ClientMemory b(Key("b"), 16384);
  ASSERT_TRUE(Register("a", Key("a"), 0, 16384).ok());
  ASSERT_TRUE(Register("part of a", Key("a"), 5000, 1000).ok());
  ASSERT_TRUE(Register("b", Key("b"), 0, 16384).ok());
  const auto overlap = [&](const char* one, uint64_t at, const char* other, uint64_t other_at) {
    const Buffer first = *regions_.Find("", one, at, 100);
    const Buffer second = *regions_.Find("", other, other_at, 100);
    EXPECT_EQ(SharedMemoryRegions::Overlap(first, second), SharedMemoryRegions::Overlap(second, first));
    return SharedMemoryRegions::Overlap(first, second);
  };
  EXPECT_TRUE(overlap("a", 0, "a", 0));
  EXPECT_TRUE(overlap("a", 0, "a", 99));
  EXPECT_FALSE(overlap("a", 0, "a", 100));
  EXPECT_TRUE(overlap("a", 5000, "part of a", 99));
  EXPECT_FALSE(overlap("a", 5000, "part of a", 100));
  EXPECT_FALSE(overlap("a", 4900, "part of a", 0));
  EXPECT_FALSE(overlap("a", 0, "b", 0));
  EXPECT_FALSE(SharedMemoryRegions::Overlap(*regions_.Find("", "a", 0, 0), *regions_.Find("", "a", 0, 100)));
}

TEST_F(SharedMemoryRegionsTest, EachCallerHasNamesOfHisOwn) {
  const ClientMemory memory(Key("a"), 100);
  ASSERT_TRUE(Register("r", Key("a"), 0, 100, "ann").ok());
  ASSERT_TRUE(Register("r", Key("a"), 0, 50, "bob").ok());
  EXPECT_EQ(regions_.Find("bob", "r", 0, 100).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(regions_.Find("", "r", 0, 1).status().code(), StatusCode::kNotFound);
  regions_.UnregisterAll("bob", Kind::kSystem);
  EXPECT_TRUE(regions_.Find("ann", "r", 0, 100).ok());
  EXPECT_TRUE(regions_.SystemStatus("bob", "")->empty());
}

TEST_F(SharedMemoryRegionsTest, ANameIsTakenOnceAndNamesAreBounded) {
  const ClientMemory memory(Key("a"), 100);
  ASSERT_TRUE(Register("r0", Key("a"), 0, 1).ok());
  EXPECT_EQ(Register("r0", Key("a"), 0, 1).code(), StatusCode::kAlreadyExists);
  for (const char* name : {"r1", "r2", "r3"}) ASSERT_TRUE(Register(name, Key("a"), 0, 1).ok());
  EXPECT_EQ(Register("r4", Key("a"), 0, 1).code(), StatusCode::kOverloaded);
  EXPECT_TRUE(regions_.Unregister("", Kind::kSystem, "nobody").ok());
}

TEST_F(SharedMemoryRegionsTest, StatusSaysWhatWasRegistered) {
  const ClientMemory memory(Key("a"), 100);
  ASSERT_TRUE(Register("b", Key("a"), 10, 20).ok());
  ASSERT_TRUE(Register("a", Key("a"), 0, 1).ok());
  const auto all = regions_.SystemStatus("", "");
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].name, "a");
  const auto one = regions_.SystemStatus("", "b");
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ((*one)[0].key, Key("a"));
  EXPECT_EQ((*one)[0].offset, 10U);
  EXPECT_EQ((*one)[0].byte_size, 20U);
  EXPECT_EQ(regions_.SystemStatus("", "c").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(regions_.CudaStatus("", "b").status().code(), StatusCode::kNotFound);
}

TEST_F(SharedMemoryRegionsTest, SwitchedOffItSaysHowToSwitchItOn) {
  SharedMemoryRegions off({});
  const Status status = off.RegisterSystem("", {.name = "r", .key = "/k", .offset = 0, .byte_size = 1});
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("--allow-client-shm=true"), std::string::npos);
  EXPECT_TRUE(off.Unregister("", Kind::kSystem, "r").ok());  // clients clean up before they begin
}

// What a GPU would hold, and its handle.
struct DeviceMemory {
  std::array<char, 256> bytes = {};
  std::array<std::byte, 64> Handle() const {
    std::array<std::byte, 64> handle = {};
    const auto address = reinterpret_cast<uint64_t>(bytes.data());
    const uint64_t size = bytes.size();
    std::memcpy(handle.data(), &address, 8);
    std::memcpy(handle.data() + 8, &size, 8);
    return handle;
  }
};

TEST_F(SharedMemoryRegionsTest, CopiesFromAndToAGpusMemory) {
  DeviceMemory memory;
  std::memcpy(memory.bytes.data() + 10, "from the device", 15);
  ASSERT_TRUE(regions_.RegisterCuda("", {.name = "g", .device_id = 0, .byte_size = 256}, memory.Handle()).ok());
  const Result<Buffer> found = regions_.Find("", "g", 10, 15);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->kind(), MemoryKind::kDevice);
  std::array<std::byte, 15> host;
  ASSERT_TRUE(SharedMemoryRegions::CopyToHost(*found, host).ok());
  EXPECT_EQ(std::memcmp(host.data(), "from the device", 15), 0);
  ASSERT_TRUE(SharedMemoryRegions::CopyFromHost(std::as_bytes(std::span("to the device..", 15)), *found).ok());
  EXPECT_EQ(std::string_view(memory.bytes.data() + 10, 15), "to the device..");
  EXPECT_EQ(regions_.CudaStatus("", "g")->at(0).byte_size, 256U);
  EXPECT_EQ(regions_.SystemStatus("", "g").status().code(), StatusCode::kNotFound);
}

TEST_F(SharedMemoryRegionsTest, ClosesAHandleWhenNobodyUsesItAnyMore) {
  auto* const open_handles =
      reinterpret_cast<int (*)()>(dlsym(dlopen(TRIREME_FAKE_CUDA, RTLD_NOW), "fake_cuda_open_handles"));
  const int before = open_handles();
  const DeviceMemory memory;
  ASSERT_TRUE(regions_.RegisterCuda("", {.name = "g", .device_id = 0, .byte_size = 1}, memory.Handle()).ok());
  EXPECT_EQ(open_handles(), before + 1);
  regions_.UnregisterAll("", Kind::kCuda);
  EXPECT_EQ(open_handles(), before);
}

TEST_F(SharedMemoryRegionsTest, RefusesCudaHandlesThatLie) {
  const DeviceMemory memory;
  const auto status = [&](uint64_t device, uint64_t bytes, std::span<const std::byte> handle) {
    return regions_.RegisterCuda("", {.name = "g", .device_id = device, .byte_size = bytes}, handle).code();
  };
  const auto handle = memory.Handle();
  EXPECT_EQ(status(0, 257, handle), StatusCode::kInvalidArgument);
  EXPECT_EQ(status(0, 0, handle), StatusCode::kInvalidArgument);
  EXPECT_EQ(status(1, 1, handle), StatusCode::kInvalidArgument);
  EXPECT_EQ(status(std::numeric_limits<uint64_t>::max(), 1, handle), StatusCode::kInvalidArgument);
  EXPECT_EQ(status(0, 1, std::span(handle).first(63)), StatusCode::kInvalidArgument);
  EXPECT_EQ(status(0, 1, std::array<std::byte, 64>{}), StatusCode::kInvalidArgument);
  EXPECT_EQ(regions_.count(), 0U);
}

TEST(SharedMemoryRegionsWithoutCuda, SaysThatThereIsNone) {
  SharedMemoryRegions regions({.enabled = true, .cuda_library = "libno-such-driver.so"});
  const std::array<std::byte, 64> handle = {};
  const Status status = regions.RegisterCuda("", {.name = "g", .device_id = 0, .byte_size = 1}, handle);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "failed to register CUDA shared memory region: 'g', GPUs not supported");
}

}  // namespace
}  // namespace trireme
