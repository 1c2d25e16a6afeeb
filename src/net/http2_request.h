// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/cancellation.h"
#include "net/body_buffer.h"
#include "net/body_pace.h"
#include "net/byte_budget.h"
#include "net/http2_exchange.h"
#include "net/http2_stream.h"
#include "net/http_error.h"
#include "net/http_handler.h"

namespace trireme::net {

// An HTTP request on a stream of its own: collects the body, hands the request to its handler, and sends the answer.
// What HTTP/1.1 asks of a body and of an answer (limits, pace, budgets) holds here too, in the same words.
//
//   receiving -> answering -> sending    or, refused: receiving -> sending
//
// On its loop's thread only.
class Http2Request final : public Http2StreamServer {
 public:
  Http2Request(Http2Stream& stream, HttpHandler& handler, HttpRequest head, bool end);
  ~Http2Request() override;

  void OnData(std::span<const std::byte> bytes) override;
  void OnEnd() override;
  void OnDeadline(TimePoint now) override;
  void OnSent() override;
  void OnGone() override;

  // The answer, through its exchange.
  void Answer(HttpResponse response);
  void BeginAnswer(HttpResponse head);
  void ContinueAnswer(std::string chunk);
  void EndAnswer();
  void BreakOff();

 private:
  enum class Phase { kReceiving, kAnswering, kSending };

  // Receiving.
  void Plan(bool end);
  void AcceptBody(const BodyPlan& plan);
  void MakeRoom(size_t bytes);
  bool MayHold(uint64_t bytes);
  void HandOver();
  HttpError TooSlow() const;

  // Sending.
  void Fail(const HttpError& error);
  void SendWhole(HttpResponse response);
  void SendBody(HttpResponse&& response);
  void StopReceiving();
  void Detach();
  void WatchProgress();

  const HttpLimits& limits() const;

  Http2Stream& stream_;
  HttpHandler& handler_;
  Phase phase_ = Phase::kReceiving;
  HttpRequest request_;
  BodyBuffer body_;
  size_t room_ = 0;  // that `body_` has taken
  uint64_t max_bytes_ = 0;
  std::optional<uint64_t> content_length_;
  size_t align_at_ = 0;
  BodyPace pace_;
  ByteBudget::Share held_;    // of the body
  ByteBudget::Share unsent_;  // of the answer
  Cancellation cancellation_;
  std::shared_ptr<Http2Exchange> exchange_;  // shared with the reply
  bool head_only_ = false;                   // to HEAD, or a status without a body
};

}  // namespace trireme::net
