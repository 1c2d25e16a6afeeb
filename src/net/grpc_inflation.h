// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/cancellation.h"
#include "base/memory_pool.h"
#include "codec/gzip.h"
#include "net/body_buffer.h"
#include "net/byte_budget.h"
#include "net/grpc_encoding.h"
#include "net/grpc_message.h"
#include "net/grpc_message_reader.h"

namespace trireme::net {

// A compressed message on its way to what it was.
//
// Memory is taken as it grows, out of what all bodies together may hold, until this is destroyed. Used by one thread at
// a time: begun on the loop, ended on another thread if it is long.
class GrpcInflation {
 public:
  struct Options {
    GrpcEncoding encoding = GrpcEncoding::kGzip;  // not kIdentity
    uint64_t max_bytes = 0;
    GrpcMessageReader::AlignAt align_at = nullptr;
  };
  // The pool and the budget must outlive it.
  GrpcInflation(BodyBuffer compressed, const Options& options, MemoryPool& pool, ByteBudget& budget);
  GrpcInflation(const GrpcInflation&) = delete;
  GrpcInflation& operator=(const GrpcInflation&) = delete;

  // As much as an event loop may do; true if that was all, or it failed. Else Finish() goes on.
  bool Begin();
  // The rest, unless the call is cancelled meanwhile.
  void Finish(const Cancellation& cancellation);

  // Why there is no message; OK if there is one.
  const GrpcStatus& status() const { return status_; }
  GrpcMessage message() const { return {.bytes = inflater_->bytes(), .storage = inflater_->storage(), .received = {}}; }

 private:
  bool Go(size_t pause_at);
  bool Inflate(size_t pause_at);
  void Start(size_t align_at);
  Status Admit(size_t bytes);

  const BodyBuffer compressed_;
  const Options options_;
  MemoryPool& pool_;
  ByteBudget& budget_;
  ByteBudget::Share share_;
  std::optional<Inflater> inflater_;
  bool placed_ = false;  // whether its tensors' place was asked for
  GrpcStatus status_;
};

}  // namespace trireme::net
