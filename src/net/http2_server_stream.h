// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "net/connection.h"
#include "net/http2_outbox.h"
#include "net/http2_session.h"
#include "net/http2_stream.h"
#include "net/lingering.h"
#include "net/surroundings.h"
#include "net/timer_wheel.h"

namespace trireme::net {

// One stream, between its session and its server. An object serves one stream after the other: a connection keeps some
// for those to come.
//
// What its server says is given to the session at once, and pulled out of it when the connection is attended to. After
// Leave() it goes nowhere.
class Http2ServerStream final : public Http2Stream, public Timer {
 public:
  // Where streams live; outlives them.
  struct Home {
    const Surroundings& surroundings;
    Http2Session& session;
    Connection& connection;  // to be attended to
  };

  explicit Http2ServerStream(const Home& home) : home_(home) {}

  // Begins a life. `request_ended`: only a head comes.
  void Open(int32_t id, bool request_ended);
  // Who serves it. Until then, and if nobody does, what comes is dropped.
  void Serve(std::unique_ptr<Http2StreamServer> server);
  // It is plain HTTP: server and date belong into its head, and a client that still sends when it has its answer is
  // listened to for a while, as some take a reset for an error even then.
  void SpeakHttp() { speaks_http_ = true; }

  // Ends it: tells the server if it owed something, and lets go of it and of the window that its bytes held.
  void Leave();

  int32_t id() const { return id_; }
  bool answered() const { return answered_; }  // the last byte has been pulled
  bool given_up() const { return reset_; }     // by its server

  // For the session.

  void OnData(std::span<const std::byte> bytes);
  void OnEnd();
  void OnSent();
  void OnAnswered();

  struct NextPiece {
    size_t bytes = 0;
    bool last = false;                       // nothing follows
    const Http2Headers* trailers = nullptr;  // but these, with `last`
  };
  NextPiece Next(size_t most);  // of the body; nothing and not the last: not now
  void MoveBody(OutputQueue& output, size_t bytes) { outbox_.MoveTo(output, bytes); }

  // Of Http2Stream, for its server.

  void SendHead(int status, Http2Headers headers, bool end) override;
  void SendData(GrpcPayload data) override;
  void SendEnd(Http2Headers trailers) override;
  void SendContinue() override;
  void Reset(uint32_t error_code) override;
  void Consume(size_t bytes) override;
  size_t unsent_bytes() const override { return outbox_.bytes(); }
  void SetDeadline(TimePoint deadline) override;
  EventLoop& loop() override { return home_.surroundings.loop; }
  NetworkState& network() override { return home_.surroundings.network; }

  void OnDeadline(TimePoint now) override;

  size_t place = 0;  // among its connection's streams

 private:
  bool MaySpeak() const { return open_ && !reset_ && !ended_; }
  bool lingers() const { return answered_ && !reset_ && !request_ended_; }
  void EndLingering();
  void WakeBody();
  void AskForAttention() { loop().Attend(home_.connection); }

  const Home& home_;
  std::unique_ptr<Http2StreamServer> server_;
  Http2Outbox outbox_;
  Http2Headers head_;  // nghttp2 reads both where they lie
  Http2Headers trailers_;
  Lingering lingering_;  // after the answer
  size_t held_ = 0;      // bytes of the request that were not consumed
  int32_t id_ = 0;
  bool open_ = false;
  bool speaks_http_ = false;
  bool request_ended_ = false;
  bool head_sent_ = false;
  bool waiting_ = false;  // the session asked for more body, and there was none
  bool shares_turns_ = false;
  bool ended_ = false;     // all has been said
  bool answered_ = false;  // and pulled
  bool reset_ = false;
};

// Makes fields fit to be sent: names in lower case, values of one line without blanks around them (RFC 9113 section
// 8.2.1).
void MakeSendable(Http2Headers& fields);

}  // namespace trireme::net
