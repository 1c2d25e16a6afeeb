// SPDX-License-Identifier: Apache-2.0
#include "bench/shared_tensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace trireme::bench {
namespace {

constexpr uint64_t kAlignment = 64;
constexpr uint64_t kMostBytes = uint64_t{64} << 30;  // of a region, as servers allow it

uint64_t Aligned(uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

uint64_t RoomFor(const Tensor& tensor) {
  const uint64_t bytes = tensor.data.size();
  return tensor.type == DataType::kBytes ? 2 * bytes + 4096 : bytes;
}

Status Failure(const std::string& what, const std::string& key, int error) {
  return Unavailable("--shared-memory: " + what + " \"" + key + "\": " + std::generic_category().message(error));
}

kserve::InferRequestMessage RequestOf(const kserve::InferRequestMessage& request, const SharedLayout& layout,
                                      size_t slot) {
  kserve::InferRequestMessage shared = request;
  shared.form.outputs.clear();
  for (size_t i = 0; i < shared.inputs.size(); ++i) {
    shared.inputs[i].tensor.data = Buffer();
    shared.shared_inputs.push_back({.input = i, .range = layout.inputs[i]});
  }
  for (const auto& [name, range] : layout.outputs) {
    kserve::SharedMemoryRange own = range;
    own.offset += slot * layout.stride;
    shared.form.outputs.push_back({.name = name, .shared_memory = own});
  }
  return shared;
}

}  // namespace

Result<std::unique_ptr<SharedSegment>> SharedSegment::Make(const std::string& key, uint64_t bytes) {
  const int fd = shm_open(key.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return Failure("making", key, errno);
  // Not ftruncate: what the file system cannot hold would be found out by a signal.
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  void* data = error == 0 ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  const int reason = error == 0 ? errno : error;
  close(fd);
  if (data == MAP_FAILED) {
    shm_unlink(key.c_str());
    return Failure("taking " + std::to_string(bytes) + " bytes for", key, reason);
  }
  return std::unique_ptr<SharedSegment>(new SharedSegment(key, static_cast<std::byte*>(data), bytes));
}

SharedSegment::~SharedSegment() {
  munmap(data_, bytes_);
  shm_unlink(key_.c_str());
}

Result<SharedLayout> PlanSharedTensors(const std::string& region, const kserve::InferRequestMessage& request,
                                       const std::vector<NamedTensor>& outputs, size_t slots) {
  SharedLayout layout;
  for (const NamedTensor& input : request.inputs) {
    const uint64_t bytes = input.tensor.data.size();
    layout.inputs.push_back({.region = region, .offset = layout.bytes, .byte_size = bytes});
    layout.bytes += Aligned(bytes);
  }
  for (const NamedTensor& output : outputs) {
    const uint64_t room = RoomFor(output.tensor);
    layout.outputs.emplace_back(
        output.name,
        kserve::SharedMemoryRange{.region = region, .offset = layout.bytes + layout.stride, .byte_size = room});
    layout.stride += Aligned(room);
  }
  if (layout.stride > 0 && slots > (kMostBytes - layout.bytes) / layout.stride) {
    return TooLarge("--shared-memory: outputs of " + std::to_string(layout.stride) + " bytes for each of " +
                    std::to_string(slots) + " calls are more than 64 GiB");
  }
  layout.bytes += layout.stride * slots;
  return layout;
}

Result<std::unique_ptr<SharedTensors>> SharedTensors::Make(const client::InferenceClient& client,
                                                           const std::string& model, const std::string& version,
                                                           const kserve::InferRequestMessage& request, size_t slots,
                                                           const std::string& name, MemoryPool& pool) {
  kserve::InferRequestMessage trial = request;
  trial.form.binary_data_output = true;
  ASSIGN_OR_RETURN(const auto answer, client.InferOnce(model, version, trial, pool));
  ASSIGN_OR_RETURN(const SharedLayout layout, PlanSharedTensors(name, request, answer.outputs, slots));
  std::unique_ptr<SharedTensors> shared(new SharedTensors(client, name));
  ASSIGN_OR_RETURN(shared->segment_, SharedSegment::Make("/" + name, std::max<uint64_t>(layout.bytes, kAlignment)));
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const Buffer& data = request.inputs[i].tensor.data;
    if (!data.empty()) std::memcpy(shared->segment_->data() + layout.inputs[i].offset, data.data(), data.size());
  }
  RETURN_IF_ERROR(client.RegisterSystemMemory(
      {.name = name, .key = shared->segment_->key(), .offset = 0, .byte_size = shared->segment_->bytes()}));
  shared->registered_ = true;
  for (size_t slot = 0; slot < slots; ++slot) shared->requests_.push_back(RequestOf(request, layout, slot));
  return shared;
}

SharedTensors::~SharedTensors() {
  // A server that has gone has let go of it already.
  if (registered_) (void)client_.UnregisterSystemMemory(name_);
}

}  // namespace trireme::bench
