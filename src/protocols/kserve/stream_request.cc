// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/stream_request.h"

namespace trireme::kserve {

StreamResponse::StreamResponse(StreamRequest& request, uint64_t number, Outcome outcome,
                               std::unique_ptr<ReplySink> last_owner)
    : request_(request), number_(number), outcome_(std::move(outcome)), last_owner_(std::move(last_owner)) {}

void StreamResponse::Send(std::unique_ptr<StreamResponse> response, ThreadPool& workers) {
  StreamRequest& request = response->request_;
  const std::optional<InferResponse>& outputs = response->outcome_.response;
  const bool is_long = outputs && request.inference().IsLongToEncode(*outputs);
  EncodeAndContinue(workers, request.stream().executor(), std::move(response), is_long);
}

void StreamResponse::Run() {
  std::unique_ptr<StreamResponse> self(this);
  if (!encoded_) Encode();
  RequestStream& stream = request_.stream();
  stream.TakeResponse(std::move(self));
}

void StreamResponse::Encode() {
  encoded_ = true;
  if (!outcome_.response) {
    status_ = outcome_.status;
    return;
  }
  Result<EncodedProto> message = request_.inference().Encode(*outcome_.response, /*final_response=*/last());
  if (message.ok()) {
    message_ = WrapInStreamResponse(*std::move(message));
  } else {
    status_ = std::move(message).status();
  }
}

void StreamRequest::Read(std::unique_ptr<StreamRequest> request) {
  ThreadPool& workers = request->services_.codec_workers;
  ReadMessage(std::move(request), workers, &StreamRequest::GoOn);
}

// On the loop or a codec worker.
void StreamRequest::GoOn(std::unique_ptr<StreamRequest> request, Status read) {
  RequestStream& stream = *request->stream_;
  if (stream.executor().OnThread()) {
    stream.TakeRead(std::move(request), std::move(read));
    return;
  }
  request->read_ = std::move(read);
  stream.executor().Post(request.release());
}

void StreamRequest::Run() {
  std::unique_ptr<StreamRequest> self(this);
  RequestStream& stream = *stream_;
  stream.TakeRead(std::move(self), std::move(read_));
}

void StreamRequest::Infer(std::unique_ptr<StreamRequest> request) {
  Engine& engine = request->services_.engine;
  std::unique_ptr<InferRequest> inference = request->inference_.TakeRequest();
  inference->takes_several = true;
  inference->loop = &request->stream_->executor();
  inference->reply = Reply(std::move(request));
  engine.Infer(std::move(inference));
}

void StreamRequest::Refuse(std::unique_ptr<StreamRequest> request, Status why) {
  StreamRequest& self = *request;
  self.End(std::move(request), {.status = std::move(why), .response = std::nullopt, .stages = {}});
}

void StreamRequest::Respond(InferResponse response) {
  Outcome outcome{.status = {}, .response = std::move(response), .stages = {}};
  StreamResponse::Send(std::make_unique<StreamResponse>(*this, responses_given_++, std::move(outcome), nullptr),
                       services_.codec_workers);
}

void StreamRequest::End(std::unique_ptr<ReplySink> self, Outcome outcome) {
  StreamResponse::Send(std::make_unique<StreamResponse>(*this, responses_given_, std::move(outcome), std::move(self)),
                       services_.codec_workers);
}

}  // namespace trireme::kserve
