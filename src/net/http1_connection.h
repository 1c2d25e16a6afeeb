// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/cancellation.h"
#include "base/gate.h"
#include "net/connection.h"
#include "net/event_loop.h"
#include "net/http1_exchange.h"
#include "net/http_error.h"
#include "net/http_handler.h"
#include "net/output_queue.h"
#include "net/request_reader.h"
#include "net/surroundings.h"
#include "net/transport.h"

namespace trireme::net {

// An HTTP/1.1 connection: reads requests, hands them to its handler one after the other, and sends the answers in
// order.
//
//   reading -> answering -> reading ...          one request at a time; what is pipelined behind it waits, unread at
//   last
//           -> closing -> (lingering) -> closed  the last answer is on its way
//
// While it answers it does not read, so a client that sends ahead is slowed down by its own socket; that the client has
// gone is still seen, and cancels the request.
//
// Where the server ends a connection that the client may still be sending on, it lingers: it says that it is done, then
// reads and drops for a bounded time, because closing at once would destroy the answer on its way (RFC 9112
// section 9.6).
//
// On its loop's thread only.
class Http1Connection final : public Connection {
 public:
  // `pass` is held until the end; then NetCounters::connections_open is one less.
  Http1Connection(const Surroundings& surroundings, std::unique_ptr<Transport> transport, std::string peer,
                  Gate::Pass pass);
  ~Http1Connection() override;

  // Answers this instead of reading anything, and ends. Before it is given to its loop.
  void Refuse(const HttpError& error);

  int fd() const override { return transport_->fd(); }
  void OnEvents(uint32_t events) override;
  void OnAttention() override { Proceed(); }
  void OnDeadline(TimePoint now) override;
  void Drain() override;
  void CutOff() override { Close(); }

  // The answer to the request that was handed over, through its exchange.
  void Answer(HttpResponse response);
  void BeginAnswer(HttpResponse head);
  void ContinueAnswer(std::string chunk);
  void EndAnswer();

 private:
  enum class State { kReading, kAnswering, kClosing, kLingering, kClosed };

  void Proceed();
  void ProceedOnce();

  // Reading.
  bool WantsInput() const;
  bool ReadSome(size_t& budget);
  std::span<char> Room();
  void OnBytes(size_t bytes);
  void OnEndOfInput();
  void ConsumeInput();
  void OnHead();
  void OnRequest();

  // Answering.
  void Fail(const HttpError& error);
  void SendWhole(HttpResponse response, bool close);
  bool MayHold(const HttpResponse& response);
  void AnswerComplete(bool close);
  bool ClosesAfter(const HttpResponse& response) const;

  // Sending and ending.
  void Flush();
  void OnAllSent();
  void Leave();
  void BeginLingering();
  void Close();
  TimePoint NextDeadline() const;

  EventLoop& loop_;
  ResponseEncoder& encoder_;
  NetworkState& network_;
  HttpHandler& handler_;
  const HttpLimits& limits_;
  std::unique_ptr<Transport> transport_;  // null when closed
  Gate::Pass pass_;

  State state_ = State::kReading;
  RequestReader reader_;
  OutputQueue output_;
  ByteBudget::Share unsent_;                 // of large answers
  std::shared_ptr<Http1Exchange> exchange_;  // shared with the reply of the request that is being answered
  Cancellation cancellation_;                // of that request

  // Of the answer that is being given.
  BodyFraming body_framing_ = BodyFraming::kLength;
  bool head_only_ = false;  // to HEAD
  bool close_after_ = false;

  bool readable_ = false;  // the socket may have bytes, or its end
  bool writable_ = true;
  bool peer_gone_ = false;  // it sends nothing more
  bool at_end_ = false;     // and all that it sent was read
  bool draining_ = false;
  bool lingers_ = false;
  bool proceeding_ = false;
  TimePoint last_sent_;
  TimePoint linger_began_;
  TimePoint linger_progress_;
  uint64_t lingered_bytes_ = 0;
};

}  // namespace trireme::net
