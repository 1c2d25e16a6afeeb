// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/cancellation.h"
#include "net/body_pace.h"
#include "net/byte_budget.h"
#include "net/grpc_encoding.h"
#include "net/grpc_exchange.h"
#include "net/grpc_handler.h"
#include "net/grpc_inflation.h"
#include "net/grpc_message_reader.h"
#include "net/grpc_sender.h"
#include "net/http2_stream.h"

namespace trireme::net {

// One gRPC call on its stream (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): makes messages of the
// bytes that come, hands them to the method, and sends what it answers.
//
//   open      the method has the call, or will when its one message is whole
//   finished  a status is on its way to the client, or nobody listens any more; once, and nothing is done after it
//
// What the client sends is consumed as it is put into messages. While the method asks for a pause, while a message is
// inflated elsewhere, and while answers pile up unsent, bytes wait unconsumed, so the client's window closes.
//
// On its loop's thread only.
class GrpcCall final : public Http2StreamServer {
 public:
  GrpcCall(Http2Stream& stream, GrpcHandler& handler, HttpRequest head);
  ~GrpcCall() override { exchange_->Detach(); }
  GrpcCall(const GrpcCall&) = delete;
  GrpcCall& operator=(const GrpcCall&) = delete;

  // First of all. `end`: nothing comes behind the head.
  void Begin(bool end);

  void OnData(std::span<const std::byte> bytes) override;
  void OnEnd() override;
  void OnDeadline(TimePoint now) override;
  void OnSent() override;
  void OnGone() override;

  // From the one who answers, through its exchange.
  void Send(GrpcPayload message);
  void Finish(GrpcStatus status);
  void Pause(bool paused);

  // Errands.
  void OnResumed();
  void OnInflated();
  void OnCompressed();

 private:
  // The head.
  bool IsOfThisProtocol();
  std::optional<GrpcStatus> ReadHead();
  void Open(GrpcPlan plan);

  // Messages.
  bool HoldsBack() const { return paused_ || resuming_ || inflating_ || crowded_; }
  size_t Read(std::span<const std::byte> bytes);
  void Continue();
  void OnMessage();
  void Inflate(BodyBuffer compressed);
  void Deliver(GrpcMessage message);
  void AtEnd();
  bool MayHold();

  // The end.
  void Fail(GrpcStatus status);
  void Close(const GrpcStatus& status);
  void CutOff();
  void ResetIfUnread();

  bool AwaitsBytes() const;
  TimePoint NotTakenAt() const { return last_sent_ + limits_.stall_timeout; }
  TimePoint NextDeadline() const;
  void UpdateDeadline();
  GrpcStatus TooSlow() const;

  Http2Stream& stream_;
  GrpcHandler& handler_;
  const HttpLimits& limits_;
  GrpcHead head_;  // until the method has it
  const Cancellation cancellation_;
  const std::shared_ptr<GrpcExchange> exchange_;  // shared with the reply
  const TimePoint began_;
  TimePoint deadline_ = kNever;  // of the call
  TimePoint timer_ = kNever;     // as the stream was told
  GrpcSender sender_;

  // What the method wants.
  bool streams_ = false;
  uint64_t max_message_bytes_ = 0;
  GrpcMessageReader::AlignAt align_at_ = nullptr;
  std::unique_ptr<GrpcReceiver> receiver_;  // of a stream

  // What has come.
  GrpcEncoding encoding_ = GrpcEncoding::kIdentity;
  std::optional<GrpcMessageReader> reader_;
  std::string backlog_;                       // that is held back
  std::optional<GrpcMessage> message_;        // the one of a call that has no stream, until the client's end
  std::shared_ptr<GrpcInflation> inflation_;  // shared with the thread that does it
  ByteBudget::Share held_;                    // of what is kept of all that
  bool holds_budget_ = false;
  BodyPace pace_;

  bool ended_ = false;     // the client has said all
  bool end_told_ = false;  // and the method knows
  bool paused_ = false;
  bool resuming_ = false;  // an errand is on its way
  bool inflating_ = false;
  bool crowded_ = false;  // with answers that the client does not take
  bool reading_ = false;
  bool finished_ = false;
  bool gone_ = false;
  TimePoint last_sent_;
};

}  // namespace trireme::net
