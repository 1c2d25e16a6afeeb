// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/memory_pool.h"
#include "net/body_buffer.h"
#include "net/body_pace.h"
#include "net/byte_budget.h"
#include "net/chunked_decoder.h"
#include "net/http_error.h"
#include "net/http_message.h"
#include "net/http_parser.h"
#include "net/input_buffer.h"
#include "net/listener.h"

namespace trireme::net {

// Makes requests out of a connection's bytes, one after the other. It knows bytes and time, no socket:
//
//   read into Room(); Filled(); then Next() as long as it says something new.
//
// A body that fits behind its head in the read block stays there; a larger one, or one that must be aligned, gets a
// pooled block of its own and is read straight into it. A chunked one is put together in a block that grows.
//
// Not thread-safe.
class RequestReader {
 public:
  enum class Event {
    kNeedsMore,
    kHead,     // head() is complete: say AcceptBody() or SkipBody(), then go on
    kRequest,  // TakeRequest(), answer it, Answered(), then go on
    kFailed,   // error() says why; framing is lost, nothing more can be read
  };

  // `limits` and the others must outlive it. `tls`: of every request.
  RequestReader(MemoryPool& pool, ByteBudget& bodies, const HttpLimits& limits, std::string peer, TimePoint now,
                std::shared_ptr<const TlsPeer> tls = nullptr);

  // Where to read to; never empty.
  std::span<char> Room();
  void Filled(size_t bytes, TimePoint now);

  Event Next();

  const HttpRequest& head() const { return request_; }
  const RequestFraming& framing() const { return parser_.framing(); }

  // Reads the body, if it is not longer than `max_bytes`.
  void AcceptBody(uint64_t max_bytes, size_t align_at, TimePoint now);
  // Whether the client waits to be told to send the body that was accepted.
  bool AwaitsContinue() const;

  // Drops the body; false if it has not arrived whole, so that no request can follow.
  bool SkipBody();

  HttpRequest TakeRequest();
  size_t unread_bytes() const { return input_.unread().size(); }  // behind it: the beginning of the next
  void Answered(TimePoint now);
  // Nothing more will be read: what is held for the request goes.
  void Abandon();

  // The connection's other end says nothing more: what is wrong with that, if anything is.
  bool idle() const { return phase_ == Phase::kHead && input_.empty(); }
  HttpError EndOfInput() const;

  // When the peer has been too slow, and what to tell it then. An idle peer is told nothing.
  TimePoint deadline() const;
  HttpError TooSlow() const;

  const HttpError& error() const { return error_; }

 private:
  enum class Phase { kHead, kPlanning, kBody, kChunks, kComplete, kFailed };

  Event Fail(HttpError error);
  Event NextStep();
  void MakeRoomForBody(uint64_t max_bytes, size_t align_at, TimePoint now);
  Event NextHead();
  Event NextBody();
  Event NextChunks();
  Event Complete();
  Event TooManyInFlight();

  bool MayHold(uint64_t bytes);
  void PlaceBody(size_t align_at);
  bool StaysInBlock(size_t align_at) const;
  bool OwnBlock() const { return body_.storage() != nullptr; }
  uint64_t body_bytes() const;

  MemoryPool& pool_;
  const HttpLimits& limits_;
  const std::shared_ptr<const TlsPeer> tls_;  // shared with the requests
  InputBuffer input_;
  RequestParser parser_;
  ChunkedDecoder chunks_;
  BodyBuffer body_;  // without a block while the body lies behind its head
  ByteBudget::Share held_;
  HttpRequest request_;
  Phase phase_ = Phase::kHead;
  TimePoint phase_began_;
  TimePoint last_progress_;
  HttpError error_;
};

}  // namespace trireme::net
