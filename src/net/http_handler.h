// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/executor.h"
#include "net/http_message.h"

namespace trireme::net {

using trireme::Executor;

// What a connection does for the one who answers.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  // On the loop's thread only. Exactly one of: Send; or Begin, any number of Write, and End or Abort.
  virtual void Send(HttpResponse response) = 0;
  virtual void Begin(HttpResponse head) = 0;
  virtual void Write(std::string chunk) = 0;
  virtual void End() = 0;
  // Breaks off, so that the client can tell that something is missing. A writer in front of another HttpReply need not
  // do anything: dropping that one does.
  virtual void Abort() {}
  virtual Executor& executor() = 0;
};

// The answer that a request is owed. Move-only, used on the loop's thread only: an answer that is made elsewhere
// travels to it as a Task (`executor().Post`). One that is dropped unanswered, on whatever thread, answers 500 itself,
// on the loop, and 507 where it is dropped by an exception on its way, which is std::bad_alloc; one that was begun
// breaks off. If the client has gone, what is sent goes nowhere.
class HttpReply {
 public:
  HttpReply() = default;
  explicit HttpReply(std::shared_ptr<ResponseWriter> writer) : writer_(std::move(writer)) {}
  HttpReply(HttpReply&&) noexcept = default;
  HttpReply& operator=(HttpReply&& other) noexcept;
  ~HttpReply();

  void Send(HttpResponse response);

  // A response of unknown length ("Transfer-Encoding: chunked" in HTTP/1.1; to an HTTP/1.0 client the connection's end
  // ends it). Begin, any number of Write, End.
  void Begin(HttpResponse head);
  void Write(std::string chunk);
  void End();

  Executor& executor() const { return writer_->executor(); }
  explicit operator bool() const { return writer_ != nullptr; }

 private:
  std::shared_ptr<ResponseWriter> writer_;  // the exchange: shared with its connection, which may end first
  bool begun_ = false;
};

// What to do with a request of which only the head has arrived.
struct BodyPlan {
  // Answer this at once and do not read the body (an unknown path, no permission, a body that is too large).
  std::optional<HttpResponse> refusal;
  uint64_t max_bytes = 0;  // of the body, by its announced length or as it comes
  // The body is placed so that this byte of it lies on a 64-byte boundary: where tensors begin behind a JSON header.
  size_t align_at = 0;
};

// Answers the requests of a listener.
//
// Called on the loop's thread of the connection, several loops at a time: it must be thread-safe, must not block and
// must do nothing long.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Once a request, when its head is complete and before `100 Continue` is sent. `head.body` is empty.
  virtual BodyPlan OnHead(const HttpRequest& head) = 0;

  // Once a request that was not refused, with its body.
  virtual void OnRequest(HttpRequest request, HttpReply reply) = 0;
};

}  // namespace trireme::net
