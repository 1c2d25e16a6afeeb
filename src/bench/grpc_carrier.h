// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/carrier.h"
#include "bench/workload.h"
#include "client/endpoint.h"
#include "client/grpc_connection.h"

namespace trireme::bench {

// What both kinds of gRPC carrier are made of. All outlive them.
struct GrpcCarrierParts {
  size_t number = 0;  // of the connection, from 0
  size_t calls = 1;   // slots
  const client::Endpoint& endpoint;
  const client::GrpcHead& head;  // of ModelInfer, ModelStreamInfer or Predictions
  const Workload& workload;
  CarrierListener& listener;
  bool keeps_answers = false;  // CallEnd has them, of unary calls
};

// Unary calls over gRPC, several at a time.
class GrpcCarrier final : public Carrier, private client::GrpcListener {
 public:
  explicit GrpcCarrier(const GrpcCarrierParts& parts);

  void Open() override;
  void Close() override;
  int fd() const override { return connection_.fd(); }
  uint64_t generation() const override { return generation_; }
  bool WantsWrite() const override { return connection_.WantsWrite(); }
  bool Begin(size_t slot, size_t requests) override;
  void Flush() override;
  void Cancel(size_t slot) override { connection_.Cancel(slot); }
  void Drive(std::span<char> scratch) override { connection_.Drive(scratch); }

 private:
  void OnMessage(size_t call, std::string_view message, uint64_t message_bytes) override;
  void OnEnd(size_t call, const client::GrpcEnd& end) override;

  const GrpcCarrierParts parts_;
  client::GrpcConnection connection_;
  uint64_t generation_ = 0;
  size_t turn_ = 0;                       // requests so far
  std::vector<uint64_t> answered_bytes_;  // of each slot; 0: no message yet
  std::vector<std::string> answers_;      // of each slot, where they are kept
};

// Requests on one stream of gRPC (ModelStreamInfer), several at a time, told apart by their ids.
class GrpcStreamCarrier final : public Carrier, private client::GrpcListener {
 public:
  explicit GrpcStreamCarrier(const GrpcCarrierParts& parts);

  void Open() override;
  void Close() override;
  int fd() const override { return connection_.fd(); }
  uint64_t generation() const override { return generation_; }
  bool WantsWrite() const override { return connection_.WantsWrite(); }
  bool Begin(size_t slot, size_t requests) override;
  void Flush() override;
  void Cancel(size_t slot) override;
  void Drive(std::span<char> scratch) override { connection_.Drive(scratch); }

 private:
  struct Slot {
    bool busy = false;
    uint64_t bytes = 0;
    uint64_t responses = 0;
  };

  void OnMessage(size_t call, std::string_view message, uint64_t message_bytes) override;
  void OnEnd(size_t call, const client::GrpcEnd& end) override;
  void EndAll(std::string_view kind, std::string_view message);

  const GrpcCarrierParts parts_;
  client::GrpcConnection connection_;
  uint64_t generation_ = 0;
  size_t turn_ = 0;  // requests so far
  std::vector<Slot> slots_;
};

}  // namespace trireme::bench
