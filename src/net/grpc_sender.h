// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "net/byte_budget.h"
#include "net/grpc_exchange.h"
#include "net/grpc_message.h"
#include "net/http2_stream.h"

namespace trireme::net {

// Says a call's answers on its stream, in order: a head, messages, the status in trailers; or the status alone.
//
// Large messages are compressed on another thread, if at all; what comes behind one waits for it.
// On the loop's thread only.
class GrpcSender {
 public:
  // `compresses`: messages that are worth it.
  GrpcSender(Http2Stream& stream, bool compresses)
      : stream_(stream), unsent_(stream.network().bodies), compresses_(compresses) {}

  // What may happen to a message. What is not sent is dropped, and the call should end.
  enum class Outcome : uint8_t {
    kSent,      // or waits to be
    kTooLong,   // for its prefix
    kNotTaken,  // the client does not take what there is
    kNoMemory,  // all connections together have too much to be sent
  };
  // `exchange`: of the call, to come back to it (OnCompressed).
  Outcome Send(GrpcPayload message, const std::shared_ptr<GrpcExchange>& exchange);

  // Nothing is sent behind it. Once.
  void End(const GrpcStatus& status);
  // Whether the end has been said to the stream.
  bool ended() const { return ended_; }

  // The thread that compressed the message in front has done so.
  void OnCompressed(const std::shared_ptr<GrpcExchange>& exchange);

  // Some of it has gone out.
  void OnSent();

  // So many bytes wait for the client, or for those in front of them.
  size_t unsent_bytes() const { return stream_.unsent_bytes() + waiting_bytes_; }

  // Whether they count among those of all connections together.
  bool holds_budget() const { return holds_budget_; }

 private:
  struct Compression;

  bool MayHold(size_t bytes);
  void Continue(const std::shared_ptr<GrpcExchange>& exchange);
  bool CompressElsewhere(GrpcPayload& message, const std::shared_ptr<GrpcExchange>& exchange);
  void Write(GrpcPayload message, bool compressed);
  void SayEnd();

  Http2Stream& stream_;
  ByteBudget::Share unsent_;
  const bool compresses_;
  bool head_sent_ = false;
  bool ended_ = false;
  bool holds_budget_ = false;

  std::deque<GrpcPayload> waiting_;           // behind the one that is being compressed
  size_t waiting_bytes_ = 0;                  // of them and of that one
  std::shared_ptr<Compression> compression_;  // shared with the thread that does it
  std::optional<Http2Headers> trailers_;      // once the end is known
};

}  // namespace trireme::net
