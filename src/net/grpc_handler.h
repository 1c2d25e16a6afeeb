// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "net/grpc_message.h"
#include "net/http_handler.h"

namespace trireme::net {

// What a call does for the one who answers. On the loop's thread only: any number of Send(), then Finish() once.
class GrpcWriter {
 public:
  virtual ~GrpcWriter() = default;
  virtual void Send(GrpcPayload message) = 0;
  virtual void Finish(GrpcStatus status) = 0;

  // A call with a stream of messages: whether further ones are to be handed over. What the client sends meanwhile stays
  // with it, held back by flow control.
  virtual void Pause(bool paused) = 0;

  virtual Executor& executor() = 0;
};

// The answer that a call is owed. Move-only, used on the loop's thread only, as an HttpReply is. One that is dropped
// unfinished, on whatever thread, finishes with INTERNAL itself, on the loop; with RESOURCE_EXHAUSTED where it is
// dropped by an exception on its way, which is std::bad_alloc. If the client has gone, or the call has ended by its
// deadline, what is sent goes nowhere.
class GrpcReply {
 public:
  GrpcReply() = default;
  explicit GrpcReply(std::shared_ptr<GrpcWriter> writer) : writer_(std::move(writer)) {}
  GrpcReply(GrpcReply&&) noexcept = default;
  GrpcReply& operator=(GrpcReply&& other) noexcept;
  ~GrpcReply();

  // One message of several.
  void Send(GrpcPayload message) { writer_->Send(std::move(message)); }
  // The end, with or without a message before it.
  void Finish(GrpcStatus status);
  void Finish(GrpcPayload message);  // and OK
  void Pause(bool paused) { writer_->Pause(paused); }

  // Also after the finish, as long as this lives: others may still be on their way to the loop.
  Executor& executor() const { return writer_->executor(); }
  // Whether it still owes its finish.
  explicit operator bool() const { return writer_ != nullptr && !finished_; }

 private:
  std::shared_ptr<GrpcWriter> writer_;  // shared with the connection, which may end first
  bool finished_ = false;
};

// Receives what the client of a call with a stream of messages says. On the loop's thread; destroyed there when the
// call is over, however it ended.
class GrpcReceiver {
 public:
  virtual ~GrpcReceiver() = default;
  virtual void OnMessage(GrpcMessage message) = 0;
  // The client has said all; it still waits for answers, and for the finish.
  virtual void OnEnd() = 0;
};

// What to do with a call of which only the head has arrived.
struct GrpcPlan {
  std::optional<GrpcStatus> refusal;  // finish with this at once
  bool streams = false;               // the client sends a stream of messages, else exactly one
  uint64_t max_message_bytes = 0;     // also once it is decompressed; more is RESOURCE_EXHAUSTED
  // Optional: where in a message the tensors' bytes begin, so that they can be placed on a 64-byte boundary; from the
  // message's first bytes (some, not all), 0 for anywhere.
  size_t (*align_at)(std::span<const std::byte> beginning) = nullptr;
};

// Answers the gRPC calls of a listener.
//
// Called on the loop's thread of the connection, several loops at a time: it must be thread-safe, must not block and
// must do nothing long.
class GrpcHandler {
 public:
  virtual ~GrpcHandler() = default;

  // Once a call, when its head is complete. No method of that path: UNIMPLEMENTED.
  virtual GrpcPlan OnHead(const GrpcHead& head) = 0;

  // A call of one message: once, when that and the client's end have come. Any number of answers.
  virtual void OnCall(GrpcHead head, GrpcMessage message, GrpcReply reply) = 0;

  // A call with a stream of messages: once, before the first.
  virtual std::unique_ptr<GrpcReceiver> OnStream(GrpcHead head, GrpcReply reply) = 0;
};

}  // namespace trireme::net
