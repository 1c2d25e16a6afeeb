// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "client/inference_client.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::bench {

// A POSIX shared memory object of this process, unlinked when it is destroyed.
class SharedSegment {
 public:
  // `bytes` is above 0. The memory is really there when this returns.
  static Result<std::unique_ptr<SharedSegment>> Make(const std::string& key, uint64_t bytes);
  ~SharedSegment();
  SharedSegment(const SharedSegment&) = delete;
  SharedSegment& operator=(const SharedSegment&) = delete;

  std::byte* data() { return data_; }
  uint64_t bytes() const { return bytes_; }
  const std::string& key() const { return key_; }

 private:
  SharedSegment(std::string key, std::byte* data, uint64_t bytes) : key_(std::move(key)), data_(data), bytes_(bytes) {}

  const std::string key_;
  std::byte* const data_;
  const uint64_t bytes_;
};

// Where a model's tensors lie: its inputs once, and behind them its outputs once for each call slot.
struct SharedLayout {
  std::vector<kserve::SharedMemoryRange> inputs;  // of each input
  std::vector<std::pair<std::string, kserve::SharedMemoryRange>>
      outputs;  // of slot 0; the next slot's lie `stride` behind
  uint64_t stride = 0;
  uint64_t bytes = 0;  // of all slots
};

// Pure. Tensors begin on 64 bytes. Outputs of strings get room to grow, since their lengths are the model's.
Result<SharedLayout> PlanSharedTensors(const std::string& region, const kserve::InferRequestMessage& request,
                                       const std::vector<NamedTensor>& outputs, size_t slots);

// Requests of one model whose tensors lie in memory that this process shares with the server. A first request without
// it finds out how large the outputs are. What was registered is given back, and the memory removed, at the end.
class SharedTensors {
 public:
  // `client` outlives it. `name`: of the region and, behind '/', of the memory.
  static Result<std::unique_ptr<SharedTensors>> Make(const client::InferenceClient& client, const std::string& model,
                                                     const std::string& version,
                                                     const kserve::InferRequestMessage& request, size_t slots,
                                                     const std::string& name, MemoryPool& pool);
  ~SharedTensors();
  SharedTensors(const SharedTensors&) = delete;
  SharedTensors& operator=(const SharedTensors&) = delete;

  // One for each slot.
  const std::vector<kserve::InferRequestMessage>& requests() const { return requests_; }

 private:
  SharedTensors(const client::InferenceClient& client, std::string name) : client_(client), name_(std::move(name)) {}

  const client::InferenceClient& client_;
  const std::string name_;
  std::unique_ptr<SharedSegment> segment_;
  bool registered_ = false;
  std::vector<kserve::InferRequestMessage> requests_;
};

}  // namespace trireme::bench
