// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "bench/carrier.h"
#include "wire/kserve/body.h"
#include "wire/kserve/infer_response_message.h"

namespace trireme::bench {

// The answers to the requests of a replay, to be compared when all are there: in a file that has no name, so that they
// take no memory however many they are. Single-threaded.
class AnswerStore {
 public:
  static Result<AnswerStore> Make(size_t requests);
  AnswerStore(AnswerStore&&) = default;
  AnswerStore& operator=(AnswerStore&&) = default;

  // How a call ended that carried request `number`. `grpc`: its answer is a ModelInferResponse, else a body of HTTP.
  // What cannot be stored is told by status().
  void Put(size_t number, const CallEnd& end, bool grpc);
  // What was recorded of it.
  void PutRecorded(size_t number, const kserve::EncodedBody& body);
  void PutFailure(size_t number, std::string_view text);

  const Status& status() const { return status_; }

  struct Answer {
    std::optional<kserve::InferResponseMessage> response;
    std::string failure;  // why there is none; empty: nobody knows of an answer
  };
  // Tensors may view memory of their own.
  Answer Get(size_t number, MemoryPool& pool) const;

 private:
  enum class Kind : uint8_t { kNone, kFailure, kHttp, kGrpc };
  struct Place {
    Kind kind = Kind::kNone;
    uint64_t offset = 0;
    uint64_t bytes = 0;
    std::optional<uint64_t> json_bytes;
  };
  class File;

  AnswerStore(size_t requests, std::shared_ptr<File> file);
  void Append(size_t number, Kind kind, std::string_view bytes);
  Result<kserve::InferResponseMessage> Read(const Place& place, MemoryPool& pool) const;

  std::vector<Place> places_;
  std::shared_ptr<File> file_;  // alone; shared so that a store can be moved
  uint64_t end_ = 0;
  Status status_;
};

}  // namespace trireme::bench
