// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/task.h"
#include "model/reply.h"
#include "net/grpc_message.h"
#include "net/http_handler.h"
#include "protocols/kserve/grpc_inference.h"
#include "protocols/kserve/in_order.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

class StreamRequest;
class StreamResponse;

// The stream that a request came by, as the request sees it. All of it on the loop's thread, but for executor() and
// facts(), which do not change.
class RequestStream {
 public:
  virtual ~RequestStream() = default;
  virtual net::Executor& executor() = 0;
  virtual const GrpcCallFacts& facts() const = 0;

  // It has been read, or could not be.
  virtual void TakeRead(std::unique_ptr<StreamRequest> request, Status read) = 0;
  // It was answered: in the order of arrival at the loop, not in that of the request's responses.
  virtual void TakeResponse(std::unique_ptr<StreamResponse> response) = 0;
};

// One response to a request of a stream, or its end, on its way to the loop. It owns itself while it travels.
class StreamResponse final : public Task {
 public:
  // `number` counts the responses of the request, of which it is one. The last has the request itself.
  StreamResponse(StreamRequest& request, uint64_t number, Outcome outcome, std::unique_ptr<ReplySink> last_owner);

  // From any thread: encodes it on the loop, or on a codec worker if that takes long, and brings it to its stream.
  static void Send(std::unique_ptr<StreamResponse> response, ThreadPool& workers);
  void Encode();
  void Run() override;

  StreamRequest& request() const { return request_; }
  uint64_t number() const { return number_; }
  bool last() const { return last_owner_ != nullptr; }
  const Outcome& outcome() const { return outcome_; }

  // What there is to say: kOk and a message, kOk and nothing, or why there is nothing.
  const Status& status() const { return status_; }
  std::optional<EncodedProto> TakeMessage() { return std::move(message_); }
  // What the request lives in, of the last one.
  std::unique_ptr<ReplySink> TakeOwner() { return std::move(last_owner_); }

 private:
  StreamRequest& request_;
  const uint64_t number_;
  Outcome outcome_;
  std::unique_ptr<ReplySink> last_owner_;
  bool encoded_ = false;
  Status status_;
  std::optional<EncodedProto> message_;
};

// One request of a stream. It owns itself: as a task while it is read, through the Reply while the engine has it, and
// then through its last response, until the stream has taken all of them.
class StreamRequest final : public ReplySink, public Task {
 public:
  // `number` counts the requests of the stream, which is shared by all of them.
  StreamRequest(const InferServices& services, std::shared_ptr<RequestStream> stream, uint64_t number,
                net::GrpcMessage message)
      : services_(services), stream_(std::move(stream)), number_(number), inference_(services, std::move(message)) {}

  // Has it read; then its stream is told, perhaps before this returns. On the loop.
  static void Read(std::unique_ptr<StreamRequest> request);

  // Hands it to the engine. On the loop, so that requests enter their lines in the order of the stream.
  static void Infer(std::unique_ptr<StreamRequest> request);
  // Ends it without the engine.
  static void Refuse(std::unique_ptr<StreamRequest> request, Status why);

  // Of the engine, on any thread.
  void Respond(InferResponse response) override;
  void End(std::unique_ptr<ReplySink> self, Outcome outcome) override;

  // It has been read elsewhere.
  void Run() override;

  RequestStream& stream() const { return *stream_; }
  uint64_t number() const { return number_; }
  GrpcInference& inference() { return inference_; }
  const GrpcCallFacts& facts() const { return stream_->facts(); }

  // For the stream, on the loop.
  InOrder<std::unique_ptr<StreamResponse>>& responses() { return responses_; }
  // Whether it has left its place among the requests of the stream: its responses go as they come.
  bool stands_aside = false;

 private:
  static void GoOn(std::unique_ptr<StreamRequest> request, Status read);

  const InferServices& services_;
  const std::shared_ptr<RequestStream> stream_;  // shared by its requests and its connection
  const uint64_t number_;
  GrpcInference inference_;
  Status read_;
  uint64_t responses_given_ = 0;  // one call of the engine at a time
  InOrder<std::unique_ptr<StreamResponse>> responses_;
};

}  // namespace trireme::kserve
