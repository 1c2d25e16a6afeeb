// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/carrier.h"
#include "bench/workload.h"
#include "client/endpoint.h"
#include "client/http_connection.h"

namespace trireme::bench {

// Calls over HTTP/1.1: one slot.
class HttpCarrier final : public Carrier {
 public:
  // All outlive it. `number`: of the connection, from 0. `keeps_answers`: CallEnd has them.
  HttpCarrier(size_t number, const client::Endpoint& endpoint, const Workload& workload, CarrierListener& listener,
              bool keeps_answers = false);

  void Open() override;
  void Close() override;
  int fd() const override { return connection_.fd(); }
  uint64_t generation() const override { return generation_; }
  bool WantsWrite() const override { return connection_.WantsWrite(); }
  bool Begin(size_t slot, size_t requests) override;
  void Flush() override {}
  void Cancel(size_t slot) override;
  void Drive(std::span<char> scratch) override;

 private:
  void Went(client::HttpConnection::Progress progress);
  void Answered();
  void Failed();

  const size_t number_;
  const client::Endpoint& endpoint_;
  const Workload& workload_;
  CarrierListener& listener_;
  const bool keeps_answers_;
  client::HttpConnection connection_;
  uint64_t generation_ = 0;
  size_t turn_ = 0;  // requests so far
  bool busy_ = false;
  uint64_t received_ = 0;  // before the call under way
  std::string body_;       // its beginning, for messages, or all of it
};

}  // namespace trireme::bench
