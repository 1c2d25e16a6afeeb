// SPDX-License-Identifier: Apache-2.0
#include "net/http2_exchange.h"

#include "net/http2_request.h"

namespace trireme::net {

void Http2Exchange::Send(HttpResponse response) {
  if (request_ != nullptr) request_->Answer(std::move(response));
}

void Http2Exchange::Begin(HttpResponse head) {
  if (request_ != nullptr) request_->BeginAnswer(std::move(head));
}

void Http2Exchange::Write(std::string chunk) {
  if (request_ != nullptr) request_->ContinueAnswer(std::move(chunk));
}

void Http2Exchange::End() {
  if (request_ != nullptr) request_->EndAnswer();
}

void Http2Exchange::Abort() {
  if (request_ != nullptr) request_->BreakOff();
}

}  // namespace trireme::net
